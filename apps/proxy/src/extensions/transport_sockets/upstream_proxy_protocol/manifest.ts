import { createRequire } from "node:module";
import type { ManifestOf } from "../../../registry/extension-registry.ts";

const require = createRequire(import.meta.url);

const TYPE = "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport";

export const upstreamProxyProtocolManifest: ManifestOf<"envoy.transport_sockets.upstream"> = {
  name: "envoy.transport_sockets.upstream_proxy_protocol",
  category: "envoy.transport_sockets.upstream",
  configTypes: [TYPE],
  perRouteConfigTypes: [],
  supportedFields: {
    [TYPE]: ["config", "transport_socket"],
    "envoy.config.core.v3.ProxyProtocolConfig": ["version", "added_tlvs", "pass_through_tlvs"],
    "envoy.config.core.v3.ProxyProtocolPassThroughTLVs": ["match_type", "tlv_type"],
    "envoy.config.core.v3.TlvEntry": ["type", "value"],
  },
  load: () => (require("./factory.ts") as typeof import("./factory.ts")).upstreamProxyProtocolFactory,
};
