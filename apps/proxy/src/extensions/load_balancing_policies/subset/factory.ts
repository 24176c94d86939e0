import type { Subset } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/subset/v3/subset_pb.js";
import type { LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";
import { compileSubset, type SubsetConfig } from "./config.ts";
import { SubsetLoadBalancer } from "./subset-load-balancer.ts";

export const subsetFactory: LoadBalancingPolicyFactory<SubsetConfig> = {
  compile: (message, context) => compileSubset(asSubset(message), context),
  create: (config, context) => new SubsetLoadBalancer(config, context),
  countsHosts: true,
};

/** The registry found this factory by the message's type. */
function asSubset(message: unknown): Subset {
  return message as Subset;
}
