import { createRequire } from "node:module";
import type { HttpFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const PACKAGE = "envoy.extensions.filters.http.buffer.v3";

export const bufferManifest: HttpFilterManifest = {
  name: "envoy.filters.http.buffer",
  category: "envoy.filters.http",
  configTypes: [`${PACKAGE}.Buffer`],
  perRouteConfigTypes: [`${PACKAGE}.BufferPerRoute`],
  supportedFields: {
    [`${PACKAGE}.Buffer`]: ["max_request_bytes"],
    [`${PACKAGE}.BufferPerRoute`]: ["disabled", "buffer"],
  },
  upstream: "also",
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).bufferFactory,
};
