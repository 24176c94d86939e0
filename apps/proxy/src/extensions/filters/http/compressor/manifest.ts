import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);
const PACKAGE = "envoy.extensions.filters.http.compressor.v3";

export const compressorManifest: HttpFilterManifest = {
  name: "envoy.filters.http.compressor",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Compressor`],
  perRouteConfigTypes: [`${PACKAGE}.CompressorPerRoute`],
  supportedFields: {
    [`${PACKAGE}.Compressor`]: [
      "content_length",
      "content_type",
      "disable_on_etag_header",
      "remove_accept_encoding_header",
      "runtime_enabled",
      "compressor_library",
      "request_direction_config",
      "response_direction_config",
      "choose_first",
    ],
    [`${PACKAGE}.Compressor.CommonDirectionConfig`]: [
      "enabled",
      "min_content_length",
      "content_type",
      "content_type_matcher",
    ],
    [`${PACKAGE}.Compressor.RequestDirectionConfig`]: ["common_config"],
    [`${PACKAGE}.Compressor.ResponseDirectionConfig`]: [
      "common_config",
      "disable_on_etag_header",
      "weaken_etag_on_compress",
      "remove_accept_encoding_header",
      "uncompressible_response_codes",
      "status_header_enabled",
    ],
    [`${PACKAGE}.CompressorPerRoute`]: ["disabled", "overrides"],
    [`${PACKAGE}.CompressorOverrides`]: ["response_direction_config", "compressor_library"],
    [`${PACKAGE}.ResponseDirectionOverrides`]: ["remove_accept_encoding_header"],
  },
  upstream: "also",
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).compressorFactory,
};
