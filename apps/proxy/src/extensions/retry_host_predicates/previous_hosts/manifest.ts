import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

export const previousHostsManifest: ManifestOf<"envoy.retry_host_predicates"> = {
  name: "envoy.retry_host_predicates.previous_hosts",
  category: "envoy.retry_host_predicates",
  configTypes: ["envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"],
  perRouteConfigTypes: [],
  supportedFields: { "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate": [] },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).previousHostsFactory,
};
