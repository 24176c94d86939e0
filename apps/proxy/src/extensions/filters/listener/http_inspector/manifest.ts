import { createRequire } from "node:module";
import type { ListenerFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const HTTP_INSPECTOR = "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector";

export const httpInspectorManifest: ListenerFilterManifest = {
  name: "envoy.filters.listener.http_inspector",
  category: "envoy.filters.listener",
  configTypes: [HTTP_INSPECTOR],
  perRouteConfigTypes: [],
  supportedFields: { [HTTP_INSPECTOR]: [] },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).httpInspectorFactory,
};
