import type { ClientSideWeightedRoundRobin } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb.js";
import { durationMs } from "../../../cluster/duration-ms.ts";
import type { LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";
import { compileSlowStart } from "../../../load-balancer/slow-start.ts";
import {
  type ClientSideWeightedConfig,
  ClientSideWeightedLoadBalancer,
} from "./client-side-weighted-load-balancer.ts";

export const clientSideWeightedRoundRobinFactory: LoadBalancingPolicyFactory<ClientSideWeightedConfig> = {
  compile(message, { path }) {
    const given = asClientSide(message);
    const penalty = given.errorUtilizationPenalty ?? 0;
    if (!(penalty >= 0)) {
      const at = `${path}.error_utilization_penalty`;
      return { ok: false, problems: [{ path: at, message: "must not be negative", severity: "error" }] };
    }
    return {
      ok: true,
      value: {
        blackoutMs: durationMs(given.blackoutPeriod, 10_000),
        expirationMs: durationMs(given.weightExpirationPeriod, 180_000),
        updateMs: Math.max(100, durationMs(given.weightUpdatePeriod, 1_000)),
        errorPenalty: penalty,
        metricNames: given.metricNamesForComputingUtilization,
        slowStart: compileSlowStart(given.slowStartConfig),
      },
    };
  },
  create: (config, context) => new ClientSideWeightedLoadBalancer(config, context),
};

/** The registry found this factory by the message's type. */
function asClientSide(message: unknown): ClientSideWeightedRoundRobin {
  return message as ClientSideWeightedRoundRobin;
}
