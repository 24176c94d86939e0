import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.ring_hash.v3";

export const ringHashManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.ring_hash",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.RingHash`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.RingHash`]: ["*"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).ringHashFactory,
};
