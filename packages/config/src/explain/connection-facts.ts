import type { ConnectionFacts } from "@sluice/matching";
import { unpackAny } from "@sluice/xds";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { AskedRequest } from "./asked-request.ts";

const FILTERS = "envoy.extensions.filters.listener";
const EPHEMERAL_PORT = 50_000;

/** What the listener finds out of the connection: of TLS and HTTP only what its listener filters look at. */
export function connectionFacts(
  listener: Listener,
  request: AskedRequest,
  destinationIp: string,
  destinationPort: number,
): { readonly facts: ConnectionFacts; readonly problem: string | undefined } {
  const types = new Set(
    listener.listenerFilters.map(({ configType }) =>
      configType.case === "typedConfig" ? unpackAny(configType.value).typeName : "",
    ),
  );
  const seesTls = types.has(`${FILTERS}.tls_inspector.v3.TlsInspector`);
  const seesHttp = types.has(`${FILTERS}.http_inspector.v3.HttpInspector`);
  const isTls = request.secure && seesTls;
  const plainProtocols = seesHttp && !request.secure ? ["http/1.1"] : [];
  const asksForTls = listener.filterChains.some(
    ({ filterChainMatch: match }) =>
      match !== undefined && (match.serverNames.length > 0 || match.transportProtocol === "tls"),
  );
  return {
    facts: {
      destinationIp,
      destinationPort,
      serverName: isTls ? request.sni : "",
      transportProtocol: isTls ? "tls" : "raw_buffer",
      applicationProtocols: isTls ? request.alpn : plainProtocols,
      directSourceIp: request.clientIp,
      sourceIp: request.clientIp,
      sourcePort: EPHEMERAL_PORT,
    },
    problem:
      request.secure && asksForTls && !seesTls
        ? "filter chains ask for the server name or TLS, but no tls_inspector among listener_filters finds it out"
        : undefined,
  };
}
