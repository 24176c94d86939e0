import type { HttpFilterManifest } from "@sluice/extension-api";

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
  load: async () => (await import("./filter.ts")).bufferFactory,
};
