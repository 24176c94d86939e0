import { refuse } from "@sluice/extension-api";
import type { WrrLocality } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.js";
import type { LoadBalancerConfig, LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";

/** The one endpoint-picking policy that Envoy takes here. */
const CLIENT_SIDE =
  "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin";

export const wrrLocalityFactory: LoadBalancingPolicyFactory<LoadBalancerConfig> = {
  compile(message, context) {
    const path = `${context.path}.endpoint_picking_policy`;
    const nested = context.compileNested(asWrrLocality(message).endpointPickingPolicy, path);
    if (!nested.ok || nested.value.type === CLIENT_SIDE) return nested;
    const text = "only client_side_weighted_round_robin is possible as the endpoint-picking policy";
    return refuse(path, text);
  },
  create: (config, context) => context.createNested(config, true),
  // As what is in it.
  timesHosts: () => true,
};

/** The registry found this factory by the message's type. */
function asWrrLocality(message: unknown): WrrLocality {
  return message as WrrLocality;
}
