import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.round_robin.v3";

export const roundRobinManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.round_robin",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.RoundRobin`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.RoundRobin`]: ["slow_start_config", "locality_lb_config"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).roundRobinFactory,
};
