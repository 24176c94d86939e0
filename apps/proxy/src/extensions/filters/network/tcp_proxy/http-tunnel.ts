import type { ConnectionInfo } from "@sluice/extension-api";
import type { ClusterInfo, Host } from "../../../../cluster/thread-local-cluster.ts";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import { randomUuid } from "../../../../event/uuid-source.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../../../../http/codec.ts";
import { Headers } from "../../../../http/header-map.ts";
import { applyHeaderMutations } from "../../../../route/header-mutations.ts";
import type { ByteMeter } from "../../../../stream-info/byte-meter.ts";
import { countReset } from "../../../../upstream/count-reset.ts";
import { httpPoolFor, type PoolUser } from "../../../../upstream/host-pools.ts";
import type { HttpPool, PoolWaiter } from "../../../../upstream/http-pool.ts";
import type { TcpUpstream, TcpUpstreamOwner } from "../../../../upstream/tcp-upstream.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { sessionContext } from "./session-log.ts";
import type { TunnelConfig } from "./tunnel-config.ts";

const RESPONSE_HEADERS_KEY = "envoy.tcp_proxy.propagate_response_headers";
const RESPONSE_TRAILERS_KEY = "envoy.tcp_proxy.propagate_response_trailers";
const METADATA_NAMESPACE = "envoy.filters.network.tcp_proxy";
const EMPTY: Uint8Array = Buffer.alloc(0);

export interface TunnelInit {
  readonly config: TunnelConfig;
  readonly worker: WorkerContext;
  readonly info: ClusterInfo;
  readonly host: Host;
  readonly downstream: SocketConnection;
  /** It, as the connection that the tunnel goes through tells of it. */
  readonly proxied: NonNullable<PoolUser["downstreamConnection"]>;
  readonly owner: TcpUpstreamOwner;
}

/** A TCP session as the body of one HTTP request and its response: connected once the response says so. */
export class HttpTunnel implements TcpUpstream, PoolWaiter, ResponseStream {
  readonly host: Host;
  readonly highPriority = false;
  readonly bufferedBytes = 0;
  readonly takenBytes = 0;
  readonly meter: ByteMeter | undefined;
  private readonly init: TunnelInit;
  private owner: TcpUpstreamOwner | undefined;
  private pool: HttpPool | undefined = undefined;
  private encoder: RequestEncoder | undefined = undefined;
  private multiplexed = false;
  private localAddress = "";
  private connected = false;
  private requestEnded = false;
  private responseEnded = false;

  constructor(init: TunnelInit) {
    this.init = init;
    this.host = init.host;
    this.owner = init.owner;
    this.meter = init.downstream.streamInfo?.upstreamBytes;
  }

  /** Asks for a stream; whether it came to something is told through the owner, perhaps before this returns. */
  start(): void {
    const { info, host, proxied, worker, owner, downstream } = this.init;
    const user = {
      highPriority: false,
      downstreamProtocol: undefined,
      downstreamConnection: proxied,
      upstreamState: downstream.streamInfo?.upstreamState,
    };
    this.pool = httpPoolFor(info, host, user, worker);
    if (this.pool === undefined) owner.onUpstreamConnectFailed("overflow", "");
    else this.pool.newStream(this);
  }

  get open(): boolean {
    return this.encoder !== undefined;
  }

  write(chunk: Uint8Array, endStream: boolean): void {
    const { encoder } = this;
    if (encoder === undefined || this.requestEnded) return;
    this.requestEnded = endStream;
    if (endStream && this.responseEnded) this.finish(false);
    encoder.encodeData(chunk, endStream);
  }

  pauseReading(pause: boolean): void {
    const { encoder } = this;
    if (encoder === undefined) return;
    const { stats } = this.init.info;
    (pause
      ? stats.upstreamFlowControlPausedReadingTotal
      : stats.upstreamFlowControlResumedReadingTotal
    ).inc();
    encoder.readDisable(pause);
  }

  abandon(): void {
    this.owner = undefined;
    if (this.encoder === undefined) this.pool?.cancel(this);
    else this.reset(this.encoder);
    this.pool = undefined;
  }

  /** Behind a client that has gone a tunnel is of no use. */
  flushAndClose(): boolean {
    this.abandon();
    return false;
  }

  // ── the pool's ──────────────────────────────────────────────────────────────────────────────────────────────────────

  get response(): ResponseStream {
    return this;
  }

  onReady(encoder: RequestEncoder, connection: ConnectionInfo): void {
    this.pool = undefined;
    this.encoder = encoder;
    this.multiplexed = encoder.protocol === "HTTP/2";
    this.localAddress = connection.localAddress;
    encoder.addWatermarkCallbacks(this.init.owner);
    encoder.endsConnection();
    encoder.encodeHeaders(this.requestHeaders(connection), false);
  }

  onFailure(reason: StreamResetReason, transportFailure: string): void {
    this.pool = undefined;
    const timedOut = reason === "connection timeout";
    this.fail(reason === "overflow" ? "overflow" : timedOut ? "timeout" : "remote", transportFailure);
  }

  private requestHeaders(upstream: ConnectionInfo): Headers {
    const { config, downstream } = this.init;
    const context = sessionContext(downstream);
    const headers = new Headers([
      ":method",
      config.postPath === undefined ? "CONNECT" : "POST",
      ":authority",
      config.hostname.format(context),
    ]);
    if (config.postPath !== undefined) {
      headers.append(":path", config.postPath);
      if (this.multiplexed) headers.append(":scheme", upstream.tls === undefined ? "http" : "https");
    }
    if (config.requestId !== undefined) {
      const { header, metadataKey } = config.requestId;
      const id = randomUuid();
      headers.set(header, id);
      downstream.streamInfo?.setDynamicMetadata(METADATA_NAMESPACE, { [metadataKey]: id });
    }
    if (config.headers !== undefined) applyHeaderMutations(config.headers, headers, context);
    return headers;
  }

  // ── response ────────────────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(): void {}

  decodeHeaders(headers: Headers, endStream: boolean): void {
    const { config, downstream } = this.init;
    if (endStream) this.responseEnded = true;
    if (config.propagatesHeaders) propagate(downstream, RESPONSE_HEADERS_KEY, headers);
    const status = Number(headers.get(":status") ?? "0");
    const accepted = this.multiplexed ? status === 200 : status >= 200 && status < 300;
    const { encoder } = this;
    if (encoder === undefined) return;
    if (!accepted || endStream) {
      this.reset(encoder);
      this.fail("remote", `tunnel_response:${status}`);
      return;
    }
    this.connected = true;
    this.owner?.onUpstreamConnected(this.localAddress);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.owner?.onUpstreamData(chunk, endStream);
    if (endStream) this.endResponse();
  }

  decodeTrailers(trailers: Headers): void {
    const { config, downstream } = this.init;
    if (config.propagatesTrailers) propagate(downstream, RESPONSE_TRAILERS_KEY, trailers);
    this.owner?.onUpstreamData(EMPTY, true);
    this.endResponse();
  }

  onReset(reason: StreamResetReason): void {
    if (this.multiplexed) countReset(this.init.info.stats, reason);
    if (this.connected) this.finish(reason === "remote reset");
    else {
      this.encoder = undefined;
      this.fail("remote", "");
    }
  }

  /** HTTP/1 knows no half-closed tunnel: with its response the whole session ends. */
  private endResponse(): void {
    this.responseEnded = true;
    const { encoder } = this;
    if (encoder === undefined) return;
    if (!this.multiplexed) {
      this.reset(encoder);
      this.finish(false);
    } else if (this.requestEnded) this.finish(false);
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private reset(encoder: RequestEncoder): void {
    this.encoder = undefined;
    encoder.removeWatermarkCallbacks(this.init.owner);
    if (this.multiplexed) this.init.info.stats.upstreamRqTxReset.inc();
    encoder.reset();
  }

  private finish(reset: boolean): void {
    const { owner } = this;
    this.encoder = undefined;
    this.owner = undefined;
    owner?.onUpstreamClosed(reset);
  }

  private fail(failure: "overflow" | "remote" | "timeout", words: string): void {
    const { owner } = this;
    this.encoder = undefined;
    this.owner = undefined;
    owner?.onUpstreamConnectFailed(failure, words);
  }
}

/** For whoever reads the filter state; printed as the HeaderMap message that Envoy keeps there. */
function propagate({ streamInfo }: SocketConnection, key: string, from: Headers): void {
  const headers: { key: string; value: string }[] = [];
  from.forEach((name, value) => {
    headers.push({ key: name, value });
  });
  streamInfo?.filterState.set(key, { headers });
}
