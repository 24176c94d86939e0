import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.subset.v3";

export const subsetManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.subset",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.Subset`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.Subset`]: ["*"],
    [`${PACKAGE}.Subset.LbSubsetSelector`]: ["*"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).subsetFactory,
};
