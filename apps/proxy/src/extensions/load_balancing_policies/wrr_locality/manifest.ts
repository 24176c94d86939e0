import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.wrr_locality.v3";

export const wrrLocalityManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.wrr_locality",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.WrrLocality`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.WrrLocality`]: ["endpoint_picking_policy"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).wrrLocalityFactory,
};
