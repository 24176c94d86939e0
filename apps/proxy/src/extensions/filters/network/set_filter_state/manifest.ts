import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.set_filter_state.v3.Config";

export const setFilterStateManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.set_filter_state",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: {
    [CONFIG]: ["on_new_connection"],
    "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue": [
      "object_key",
      "factory_key",
      "format_string",
      "skip_if_empty",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).setFilterStateFactory,
};
