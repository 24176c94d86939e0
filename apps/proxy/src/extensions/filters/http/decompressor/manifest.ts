import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.decompressor.v3";

export const decompressorManifest: HttpFilterManifest = {
  name: "envoy.filters.http.decompressor",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Decompressor`],
  perRouteConfigTypes: [],
  supportedFields: {
    [`${PACKAGE}.Decompressor`]: [
      "decompressor_library",
      "request_direction_config",
      "response_direction_config",
    ],
    [`${PACKAGE}.Decompressor.CommonDirectionConfig`]: ["enabled", "ignore_no_transform_header"],
    [`${PACKAGE}.Decompressor.RequestDirectionConfig`]: ["common_config", "advertise_accept_encoding"],
    [`${PACKAGE}.Decompressor.ResponseDirectionConfig`]: ["common_config"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).decompressorFactory,
};
