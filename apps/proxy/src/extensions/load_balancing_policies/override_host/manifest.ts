import { createRequire } from "node:module";
import type { LoadBalancingPolicyManifest } from "../../../load-balancer/load-balancer.ts";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.load_balancing_policies.override_host.v3";

export const overrideHostManifest: LoadBalancingPolicyManifest = {
  name: "envoy.load_balancing_policies.override_host",
  category: "envoy.load_balancing_policies",
  configTypes: [`${PACKAGE}.OverrideHost`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.OverrideHost`]: ["*"],
    [`${PACKAGE}.OverrideHost.OverrideHostSource`]: ["*"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).overrideHostFactory,
};
