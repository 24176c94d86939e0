import type { ClientSideWeightedRoundRobin } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin_pb.js";
import { durationMs } from "../../../config-message/duration-ms.ts";
import type { LoadBalancingPolicyFactory } from "../../../load-balancer/load-balancer.ts";
import { compileSlowStart } from "../../../load-balancer/slow-start.ts";
import type { OutOfBandConfig } from "../../../orca/load-report-need.ts";
import {
  type ClientSideWeightedConfig,
  ClientSideWeightedLoadBalancer,
} from "./client-side-weighted-load-balancer.ts";
import { weightOfReport } from "./weight-of-report.ts";

export const clientSideWeightedRoundRobinFactory: LoadBalancingPolicyFactory<ClientSideWeightedConfig> = {
  // Weights are computed from the cluster's start on, as in Envoy, used or not.
  timesHosts: () => true,
  compile(message, { wantLoadReports }) {
    const given = asClientSide(message);
    const errorPenalty = given.errorUtilizationPenalty ?? 0;
    const rule = { errorPenalty, metricNames: given.metricNamesForComputingUtilization };
    wantLoadReports({
      weigh: (report) => weightOfReport(report, rule),
      outOfBand: compileOutOfBand(given),
    });
    return {
      ok: true,
      value: {
        ...rule,
        blackoutMs: durationMs(given.blackoutPeriod, 10_000),
        expirationMs: durationMs(given.weightExpirationPeriod, 180_000),
        updateMs: Math.max(100, durationMs(given.weightUpdatePeriod, 1_000)),
        slowStart: compileSlowStart(given.slowStartConfig),
      },
    };
  },
  create: (config, context) => new ClientSideWeightedLoadBalancer(config, context),
};

function compileOutOfBand(given: ClientSideWeightedRoundRobin): OutOfBandConfig | undefined {
  if (given.enableOobLoadReport !== true) return undefined;
  const { oobReportingConfig: more } = given;
  return {
    periodMs: durationMs(given.oobReportingPeriod, 0) || 10_000,
    port: more?.portValue ?? 0,
    authority: more?.authority ?? "",
    socketMatch: more?.transportSocketMatchCriteria,
  };
}

/** The registry found this factory by the message's type. */
function asClientSide(message: unknown): ClientSideWeightedRoundRobin {
  return message as ClientSideWeightedRoundRobin;
}
