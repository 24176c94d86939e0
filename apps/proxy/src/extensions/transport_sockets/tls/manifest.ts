import { createRequire } from "node:module";
import type { ManifestOf } from "../../extension-registry.ts";
import { TLS_SUPPORTED_FIELDS } from "./supported-fields.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

export const downstreamTlsManifest: ManifestOf<"envoy.transport_sockets.downstream"> = {
  name: "envoy.transport_sockets.tls",
  category: "envoy.transport_sockets.downstream",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: [
      "common_tls_context",
      "require_client_certificate",
      "require_sni",
      "disable_stateless_session_resumption",
      "disable_stateful_session_resumption",
      "session_timeout",
      "full_scan_certs_on_sni_mismatch",
      "prefer_client_ciphers",
    ],
    ...TLS_SUPPORTED_FIELDS,
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).downstreamTlsFactory,
};
