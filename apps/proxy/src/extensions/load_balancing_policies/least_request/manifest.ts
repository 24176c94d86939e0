import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.least_request.v3";

export const leastRequestManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.least_request",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.LeastRequest`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.LeastRequest`]: ["*"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).leastRequestFactory,
};
