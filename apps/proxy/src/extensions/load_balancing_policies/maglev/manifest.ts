import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.maglev.v3";

export const maglevManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.maglev",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.Maglev`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.Maglev`]: ["*"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).maglevFactory,
};
