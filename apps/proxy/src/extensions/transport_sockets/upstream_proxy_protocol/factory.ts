import type { Socket } from "node:net";
import type { ProxyProtocolUpstreamTransport } from "@sluice/xds/gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import { socketAddressText } from "../../../connection/socket-address.ts";
import { compileUpstreamTransportSocket } from "../../../transport-socket/compile-upstream-transport-socket.ts";
import { proxyHeaderV1, proxyHeaderV2, type Tlv } from "../../../transport-socket/proxy-header.ts";
import type {
  ConnectOptions,
  UpstreamTarget,
  UpstreamTransportSocket,
  UpstreamTransportSocketFactory,
} from "../../../transport-socket/upstream-transport-socket.ts";

/** ProxyProtocolConfig.Version. */
const V2 = 1;

export const upstreamProxyProtocolFactory: UpstreamTransportSocketFactory = {
  compile(message, context) {
    const config = asProxyProtocol(message);
    const inner = compileUpstreamTransportSocket(config.transportSocket, "transport_socket", context);
    if (!inner.ok) return inner;
    const tlvs = (config.config?.addedTlvs ?? []).map(({ type, value }) => ({ type, value }));
    const version2 = config.config?.version === V2;
    if (tlvs.length > 0 && !version2) {
      const message = "have no place in a header of version 1";
      return { ok: false, problems: [{ path: "config.added_tlvs", message, severity: "error" }] };
    }
    return { ok: true, value: new UpstreamProxyProtocol(inner.value, version2, tlvs) };
  },
};

/** A PROXY header first, then what the inner transport socket makes of the connection. */
class UpstreamProxyProtocol implements UpstreamTransportSocket {
  readonly secure: boolean;
  readonly perDownstream = true;
  private readonly inner: UpstreamTransportSocket | undefined;
  private readonly version2: boolean;
  private readonly tlvs: readonly Tlv[];

  constructor(inner: UpstreamTransportSocket | undefined, version2: boolean, tlvs: readonly Tlv[]) {
    this.secure = inner?.secure ?? false;
    this.inner = inner;
    this.version2 = version2;
    this.tlvs = tlvs;
  }

  wrap(raw: Socket, target: UpstreamTarget, options: ConnectOptions): Socket {
    // Registered before anybody else's: the header is written first.
    raw.once("connect", () => raw.write(this.header(raw, options)));
    return this.inner === undefined ? raw : this.inner.wrap(raw, target, options);
  }

  private header(raw: Socket, { downstream }: ConnectOptions): Buffer {
    const proxied =
      downstream === undefined
        ? undefined
        : { source: downstream.remoteAddress, destination: downstream.localAddress };
    if (this.version2) return proxyHeaderV2(proxied, this.tlvs);
    // As Envoy: a connection for nobody in particular tells its own addresses.
    const own = {
      source: socketAddressText(raw.localAddress, raw.localPort),
      destination: socketAddressText(raw.remoteAddress, raw.remotePort),
    };
    return proxyHeaderV1(proxied ?? own);
  }
}

/** The registry found the factory by the message's type. */
function asProxyProtocol(message: unknown): ProxyProtocolUpstreamTransport {
  return message as ProxyProtocolUpstreamTransport;
}
