import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";
import { CONFIG_SOURCE_FIELDS } from "../../../../xds/config-source.ts";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.on_demand.v3";

export const onDemandManifest: HttpFilterManifest = {
  name: "envoy.filters.http.on_demand",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.OnDemand`],
  perRouteConfigTypes: [`${PACKAGE}.PerRouteConfig`],
  supportedFields: {
    [`${PACKAGE}.OnDemand`]: ["odcds"],
    [`${PACKAGE}.PerRouteConfig`]: ["odcds"],
    [`${PACKAGE}.OnDemandCds`]: ["source", "timeout"],
    ...CONFIG_SOURCE_FIELDS,
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).onDemandFactory,
};
