import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit";

export const connectionLimitManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.connection_limit",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: ["stat_prefix", "max_connections", "delay", "runtime_enabled"] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).connectionLimitFactory,
};
