import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.random.v3";

export const randomManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.random",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.Random`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.Random`]: ["locality_lb_config"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).randomFactory,
};
