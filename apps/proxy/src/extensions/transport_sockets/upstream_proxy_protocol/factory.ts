import type { Socket } from "node:net";
import { ProxyProtocolPassThroughTLVs_PassTLVsMatchType } from "@sluice/xds/gen/envoy/config/core/v3/proxy_protocol_pb.js";
import type { ProxyProtocolUpstreamTransport } from "@sluice/xds/gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import type { Tlv } from "../../../connection/proxy-protocol-state.ts";
import { socketAddressText } from "../../../connection/socket-address.ts";
import { compileUpstreamTransportSocket } from "../../../transport-socket/compile-upstream-transport-socket.ts";
import { proxyHeaderV1, proxyHeaderV2 } from "../../../transport-socket/proxy-header.ts";
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
    // A header of version 1 has no place for them.
    const tlvs = (config.config?.addedTlvs ?? []).map(({ type, value }) => ({ type, value }));
    const version2 = config.config?.version === V2;
    const pass = config.config?.passThroughTlvs;
    const all = pass?.matchType === ProxyProtocolPassThroughTLVs_PassTLVsMatchType.INCLUDE_ALL;
    const passes = pass === undefined ? NONE : all ? "all" : new Set(pass.tlvType);
    return { ok: true, value: new UpstreamProxyProtocol(inner.value, version2, tlvs, passes) };
  },
};

/** A PROXY header first, then what the inner transport socket makes of the connection. */
class UpstreamProxyProtocol implements UpstreamTransportSocket {
  readonly secure: boolean;
  readonly perDownstream = true;
  private readonly inner: UpstreamTransportSocket | undefined;
  private readonly version2: boolean;
  private readonly tlvs: readonly Tlv[];
  /** Types of the client's TLVs that go on. */
  private readonly passes: ReadonlySet<number> | "all";

  constructor(
    inner: UpstreamTransportSocket | undefined,
    version2: boolean,
    tlvs: readonly Tlv[],
    passes: ReadonlySet<number> | "all",
  ) {
    this.secure = inner?.secure ?? false;
    this.inner = inner;
    this.version2 = version2;
    this.tlvs = tlvs;
    this.passes = passes;
  }

  wrap(raw: Socket, target: UpstreamTarget, options: ConnectOptions): Socket {
    // Registered before anybody else's: the header is written first.
    raw.once("connect", () => raw.write(this.header(raw, options)));
    return this.inner === undefined ? raw : this.inner.wrap(raw, target, options);
  }

  /** One that is added here takes the place of the client's of its type. */
  private passed(tlvs: readonly Tlv[] = []): readonly Tlv[] {
    const { passes, tlvs: added } = this;
    return tlvs.filter(
      ({ type }) => (passes === "all" || passes.has(type)) && !added.some((one) => one.type === type),
    );
  }

  private header(raw: Socket, { downstream }: ConnectOptions): Buffer {
    const proxied =
      downstream === undefined
        ? undefined
        : { source: downstream.remoteAddress, destination: downstream.localAddress };
    if (this.version2) return proxyHeaderV2(proxied, [...this.tlvs, ...this.passed(downstream?.proxyTlvs)]);
    // As Envoy: a connection for nobody in particular tells its own addresses.
    const own = {
      source: socketAddressText(raw.localAddress, raw.localPort),
      destination: socketAddressText(raw.remoteAddress, raw.remotePort),
    };
    return proxyHeaderV1(proxied ?? own);
  }
}

const NONE: ReadonlySet<number> = new Set();

/** The registry found the factory by the message's type. */
function asProxyProtocol(message: unknown): ProxyProtocolUpstreamTransport {
  return message as ProxyProtocolUpstreamTransport;
}
