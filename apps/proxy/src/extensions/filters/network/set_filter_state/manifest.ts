import { createRequire } from "node:module";
import type { NetworkFilterManifest } from "@sluice/extension-api";
import { STATE_VALUE_FIELDS } from "../../../../set-filter-state/state-value-fields.ts";

const require = createRequire(import.meta.url);

const CONFIG = "envoy.extensions.filters.network.set_filter_state.v3.Config";

export const setFilterStateManifest: NetworkFilterManifest = {
  name: "envoy.filters.network.set_filter_state",
  category: "envoy.filters.network",
  configTypes: [CONFIG],
  perRouteConfigTypes: [],
  supportedFields: {
    [CONFIG]: ["on_new_connection", "on_downstream_tls_handshake", "on_downstream_data"],
    ...STATE_VALUE_FIELDS,
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).setFilterStateFactory,
};
