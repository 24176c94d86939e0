import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.direct_response.v3.Config";

export const directResponseManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.direct_response",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: { [CONFIG]: ["response"] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).directResponseFactory,
};
