import { createRequire } from "node:module";
import type { ListenerFilterManifest } from "@sluice/extension-api";

const require = createRequire(import.meta.url);

const PROXY_PROTOCOL = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";

export const proxyProtocolManifest: ListenerFilterManifest = {
  name: "envoy.filters.listener.proxy_protocol",
  category: "envoy.filters.listener",
  configTypes: [PROXY_PROTOCOL],
  perRouteConfigTypes: [],
  supportedFields: {
    [PROXY_PROTOCOL]: [
      "rules",
      "allow_requests_without_proxy_protocol",
      "pass_through_tlvs",
      "disallowed_versions",
      "stat_prefix",
      "tlv_location",
    ],
    [`${PROXY_PROTOCOL}.Rule`]: ["*"],
    [`${PROXY_PROTOCOL}.KeyValuePair`]: ["metadata_namespace", "key", "value_string_encoding"],
    "envoy.config.core.v3.ProxyProtocolPassThroughTLVs": ["match_type", "tlv_type"],
  },
  load: () => (require("./filter.ts") as typeof import("./filter.ts")).proxyProtocolFactory,
};
