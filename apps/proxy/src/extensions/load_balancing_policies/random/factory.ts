import type { Random } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.js";
import type { Host } from "../../../cluster/thread-local-cluster.ts";
import {
  below,
  type HostPicker,
  type LoadBalancingPolicyFactory,
} from "../../../load-balancer/load-balancer.ts";
import { compileLocalityConfig, type LocalityConfig } from "../../../load-balancer/locality-config.ts";
import { LocalityLoadBalancer } from "../../../load-balancer/locality-load-balancer.ts";

export const randomFactory: LoadBalancingPolicyFactory<LocalityConfig> = {
  compile: (message) => ({ ok: true, value: compileLocalityConfig(asRandom(message).localityLbConfig) }),
  create(config, context) {
    const { random } = context;
    const picker = (hosts: readonly Host[]): HostPicker => ({
      pick: () => hosts[below(random, hosts.length)],
    });
    return new LocalityLoadBalancer(context, config, picker, undefined, true);
  },
};

/** The registry found this factory by the message's type. */
function asRandom(message: unknown): Random {
  return message as Random;
}
