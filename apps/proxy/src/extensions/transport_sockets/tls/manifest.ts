import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";
import { TLS_SUPPORTED_FIELDS } from "./supported-fields.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const UPSTREAM_TYPE = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";

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
      "session_ticket_keys",
      "session_ticket_keys_sds_secret_config",
      "disable_stateless_session_resumption",
      "disable_stateful_session_resumption",
      "session_timeout",
      "full_scan_certs_on_sni_mismatch",
      "ocsp_staple_policy",
      "prefer_client_ciphers",
    ],
    ...TLS_SUPPORTED_FIELDS,
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).downstreamTlsFactory,
};

export const upstreamTlsManifest: ManifestOf<"envoy.transport_sockets.upstream"> = {
  name: "envoy.transport_sockets.tls",
  category: "envoy.transport_sockets.upstream",
  configTypes: [UPSTREAM_TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [UPSTREAM_TYPE]: [
      "common_tls_context",
      "sni",
      "auto_host_sni",
      "auto_sni_san_validation",
      "max_session_keys",
      "enforce_rsa_key_usage",
      "allow_renegotiation",
    ],
    ...TLS_SUPPORTED_FIELDS,
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).upstreamTlsFactory,
};
