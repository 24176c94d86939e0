import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";
import { STATE_VALUE_FIELDS } from "../../../../set-filter-state/state-value-fields.ts";

const require = createRequire(import.meta.url);
const CONFIG = "envoy.extensions.filters.http.set_filter_state.v3.Config";

export const httpSetFilterStateManifest: HttpFilterManifest = {
  name: "envoy.filters.http.set_filter_state",
  category: "envoy.filters.http",
  configTypes: [CONFIG],
  perRouteConfigTypes: [CONFIG],
  supportedFields: { [CONFIG]: ["on_request_headers", "clear_route_cache"], ...STATE_VALUE_FIELDS },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).httpSetFilterStateFactory,
};
