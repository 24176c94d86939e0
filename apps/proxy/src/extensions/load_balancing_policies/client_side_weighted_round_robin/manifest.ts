import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3";
const OUT_OF_BAND = "envoy.extensions.load_balancing_policies.common.v3.OrcaOobReportingConfig";

export const clientSideWeightedRoundRobinManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.client_side_weighted_round_robin",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.ClientSideWeightedRoundRobin`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.ClientSideWeightedRoundRobin`]: [
      "enable_oob_load_report",
      "oob_reporting_period",
      "oob_reporting_config",
      "blackout_period",
      "weight_expiration_period",
      "weight_update_period",
      "error_utilization_penalty",
      "metric_names_for_computing_utilization",
      "slow_start_config",
    ],
    [OUT_OF_BAND]: ["port_value", "authority", "transport_socket_match_criteria"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).clientSideWeightedRoundRobinFactory,
};
