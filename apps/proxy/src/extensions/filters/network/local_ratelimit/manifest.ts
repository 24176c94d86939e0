import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit";

export const localRateLimitManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.local_ratelimit",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: ["stat_prefix", "token_bucket", "runtime_enabled", "share_key"] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).localRateLimitFactory,
};
