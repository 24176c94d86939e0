import { type DescMessage, isMessage, type MessageShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { unpackAny } from "@sluice/xds";
import type { FilterChain } from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  type TcpProxy,
  TcpProxySchema,
} from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";

/** What ends a filter chain; `path` is where its configuration stands, from the Listener's root. */
export type TerminalFilter =
  | { readonly kind: "http"; readonly config: HttpConnectionManager; readonly path: string }
  | { readonly kind: "tcp"; readonly config: TcpProxy; readonly path: string }
  | { readonly kind: "other"; readonly name: string; readonly path: string };

export function terminalFilter(chain: FilterChain, chainPath: string): TerminalFilter {
  for (const [index, { configType }] of chain.filters.entries()) {
    if (configType.case !== "typedConfig") continue;
    const path = `${chainPath}.filters[${index}].typed_config`;
    const http = messageIn(HttpConnectionManagerSchema, configType.value);
    if (http !== undefined) return { kind: "http", config: http, path };
    const tcp = messageIn(TcpProxySchema, configType.value);
    if (tcp !== undefined) return { kind: "tcp", config: tcp, path };
  }
  return { kind: "other", name: chain.filters.at(-1)?.name ?? "", path: `${chainPath}.filters` };
}

/** The message in an Any when it is of that type. */
function messageIn<D extends DescMessage>(schema: D, any: Any | undefined): MessageShape<D> | undefined {
  const unpacked = any === undefined ? undefined : unpackAny(any);
  return unpacked?.ok && isMessage(unpacked.message, schema) ? unpacked.message : undefined;
}
