import { createRequire } from "node:module";
import type { ListenerFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const TLS_INSPECTOR = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";

export const tlsInspectorManifest: ListenerFilterManifest = {
  name: "envoy.filters.listener.tls_inspector",
  category: "envoy.filters.listener",
  configTypes: [TLS_INSPECTOR],
  perRouteConfigTypes: [],
  supportedFields: {
    [TLS_INSPECTOR]: [
      "enable_ja3_fingerprinting",
      "enable_ja4_fingerprinting",
      "close_connection_on_client_hello_parsing_errors",
      "max_client_hello_size",
    ],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).tlsInspectorFactory,
};
