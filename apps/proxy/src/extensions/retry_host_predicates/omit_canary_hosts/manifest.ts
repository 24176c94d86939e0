import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const omitCanaryHostsManifest: ManifestOf<"envoy.retry_host_predicates"> = {
  name: "envoy.retry_host_predicates.omit_canary_hosts",
  category: "envoy.retry_host_predicates",
  configTypes: ["envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate"],
  perRouteConfigTypes: [],
  supportedFields: { "envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate": [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).omitCanaryHostsFactory,
};
