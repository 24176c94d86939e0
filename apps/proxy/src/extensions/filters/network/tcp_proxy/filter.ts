import {
  type AttemptedHost,
  type ConnectionDrain,
  type ConnectionInfo,
  type DetectedCloseType,
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
  type Timer,
  type UpstreamSession,
  type WatermarkCallbacks,
} from "@sluice/extension-api";
import { filterStateText } from "@sluice/matching";
import type { TcpProxy } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { accountForRead, lend } from "../../../../connection/read-memory.ts";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import { Deadline, type DeadlineOwner } from "../../../../event/timer-queue.ts";
import { asNetworkContext, socketConnectionOf } from "../../../../network-filter/network-factory-context.ts";
import { LoadShedPoint } from "../../../../overload/overload-state.ts";
import { ByteMeter } from "../../../../stream-info/byte-meter.ts";
import type { ConnectFailure, TcpUpstream } from "../../../../upstream/tcp-upstream.ts";
import { compileTcpProxy, type TcpProxyConfig } from "./config.ts";
import { EarlyData } from "./early-data.ts";
import { asWritable, SessionLog } from "./session-log.ts";
import { type ConnectorOwner, UpstreamConnector } from "./upstream-connector.ts";
import { UpstreamDrainer } from "./upstream-drainer.ts";

class SessionFacts implements UpstreamSession {
  readonly hostsAttempted: AttemptedHost[] = [];
  detectedCloseType: DetectedCloseType = "Normal";
  localCloseReason = "";
}

const NOTHING: Uint8Array = Buffer.alloc(0);

/** Key of the filter state under which earlier filters may say how long this connection may be idle. */
const IDLE_TIMEOUT_KEY = "envoy.tcp_proxy.per_connection_idle_timeout_ms";

/**
 * Joins a downstream connection to one of its own to a host, or to a tunnel through HTTP. Unless early data are to be kept,
 * reading waits until that is there; after it bytes and half-closes pass as they come, each side's reading held back while the
 * other does not take what is queued for it. The upstream is a connector's to find.
 */
export class TcpProxyFilter implements ReadFilter, ConnectorOwner, DeadlineOwner {
  private readonly config: TcpProxyConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private downstreamConnection: SocketConnection | undefined = undefined;
  private log: SessionLog | undefined = undefined;
  private upstream: TcpUpstream | undefined = undefined;
  private connector: UpstreamConnector | undefined = undefined;
  private connected = false;
  private destroyed = false;
  private listenerDrain: ConnectionDrain | undefined = undefined;
  private readonly early = new EarlyData();
  private readonly session = new SessionFacts();
  private readonly downstreamBytes = new ByteMeter();
  /** As Envoy's, what goes through a tunnel is counted here and again by the tunnel's codec. */
  private readonly upstreamBytes = new ByteMeter();
  private readingHeld = false;
  private idleTimeoutMs: number;
  private readonly idle: Deadline;
  /** Bytes that both sides' kernels had taken when the idle deadline was last looked at. */
  private takenBytes = 0;
  private lifetime: Timer | undefined = undefined;
  private readonly downstreamWatermarks: WatermarkCallbacks;

  constructor(config: TcpProxyConfig) {
    this.config = config;
    this.idleTimeoutMs = config.idleTimeoutMs;
    this.idle = new Deadline(config.worker.timers, this, 0);
    this.downstreamWatermarks = {
      onAboveHighWatermark: () => this.pauseUpstream(true),
      onBelowLowWatermark: () => this.pauseUpstream(false),
    };
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
    const downstream = socketConnectionOf(callbacks);
    const { config } = this;
    const { streamInfo } = downstream;
    if (streamInfo !== undefined) {
      streamInfo.downstreamBytes = this.downstreamBytes;
      streamInfo.upstreamBytes = this.upstreamBytes;
    }
    this.downstreamConnection = downstream;
    asWritable(callbacks.streamInfo).upstreamSession = this.session;
    this.connector = new UpstreamConnector(
      config,
      downstream,
      callbacks.streamInfo,
      this,
      this.session.hostsAttempted,
    );
    // As in Envoy, where the session's upstream takes the time of it.
    downstream.securedAtMs = undefined;
    downstream.enableHalfClose();
    if (config.earlyDataBytesMax === undefined) this.holdReading(downstream);
    downstream.addWatermarkCallbacks(this.downstreamWatermarks);
    const { stats } = config;
    downstream.sentCounter = stats.downstreamCxTxBytesTotal;
    downstream.tellBuffered(
      stats.downstreamCxRxBytesBuffered,
      stats.downstreamCxTxBytesBuffered,
      config.worker.timers,
    );
    stats.downstreamCxTotal.inc();
  }

  private get downstream(): SocketConnection {
    if (this.downstreamConnection === undefined) throw new Error("the filter has no connection yet");
    return this.downstreamConnection;
  }

  onNewConnection(): NetworkFilterStatus {
    const { maxDurationMs, maxDurationJitterMs, worker, logsOnStart, connectsOnData } = this.config;
    this.log = new SessionLog(this.config, this.downstream);
    if (maxDurationMs > 0) {
      this.lifetime = worker.timers.create(() => this.onMaxDuration());
      this.lifetime.arm(maxDurationMs + (worker.random.uint32() / 2 ** 32) * maxDurationJitterMs);
    }
    const own = Number(this.ownIdleTimeout() ?? Number.NaN);
    if (Number.isInteger(own) && own >= 0) this.idleTimeoutMs = own;
    this.touch();
    if (logsOnStart) this.log.write("TcpConnectionStart");
    if (!connectsOnData) this.connector?.connect();
    return NetworkFilterStatus.Continue;
  }

  private ownIdleTimeout(): string | undefined {
    return filterStateText(this.callbacks?.streamInfo.filterState.get(IDLE_TIMEOUT_KEY));
  }

  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.config.stats.downstreamCxRxBytesTotal.add(chunk.length);
    this.downstreamBytes.wireBytesReceived += chunk.length;
    if (this.config.worker.overload.sheds(LoadShedPoint.TcpProxyData)) {
      this.onOverload();
      return NetworkFilterStatus.StopIteration;
    }
    if (this.connected) {
      this.upstreamBytes.wireBytesSent += chunk.length;
      accountForRead();
      lend(chunk);
      this.upstream?.write(chunk, endStream);
      this.touch();
    } else this.keep(chunk, endStream);
    this.closeIfDraining();
    return NetworkFilterStatus.StopIteration;
  }

  /** There is nobody to send it to yet. */
  private keep(chunk: Uint8Array, endStream: boolean): void {
    const { early, config, connector } = this;
    early.add(chunk, endStream);
    if (config.earlyDataBytesMax === undefined) return;
    if (config.connectsOnData && connector?.begun === false && early.bytes > 0 && !connector.connect())
      return;
    config.stats.earlyDataReceived.inc();
    if (early.bytes >= config.earlyDataBytesMax && !this.connected) this.holdReading(this.downstream);
  }

  private holdReading(downstream: SocketConnection): void {
    if (this.readingHeld) return;
    this.readingHeld = true;
    downstream.readDisable(true);
  }

  drain(drain: ConnectionDrain): void {
    if (this.listenerDrain === undefined || drain.atOnce) this.listenerDrain = drain;
  }

  private closeIfDraining(): void {
    const { config } = this;
    if (!config.checksDrainClose || this.destroyed || this.downstream.state !== "open") return;
    const drain = this.listenerDrain;
    const closes = drain !== undefined && (drain.atOnce || drain.closesNow(1));
    if (!closes && !config.worker.drain.drainClose()) return;
    config.stats.downstreamCxDrainClose.inc();
    this.downstream.close("flush", "tcp_proxy_drain_close");
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { upstream, downstream } = this;
    this.upstream = undefined;
    this.idle.dispose();
    this.connector?.dispose();
    this.lifetime?.disarm();
    if (upstream !== undefined) {
      this.session.localCloseReason = downstream.localCloseReason ?? "";
      // The client's last bytes are still the upstream's, unless the connection was broken off.
      const remote = downstream.closeDetails === "";
      if (remote && downstream.wasReset) upstream.abandon("abort");
      else if (remote && this.connected)
        new UpstreamDrainer(this.config, this.idleTimeoutMs, upstream).start();
      else upstream.abandon("noFlush");
    }
    this.log?.end();
  }

  // ── the upstream's events ───────────────────────────────────────────────────────────────────────────────────────────

  onUpstreamChosen(upstream: TcpUpstream): void {
    this.upstream = upstream;
  }

  onNoUpstream(reason: number, atOnce: boolean): void {
    // Bytes that came meanwhile would make it a reset. Envoy has closed before they come, and so its clients see a FIN.
    if (atOnce) this.downstream.write(NOTHING, true);
    this.downstream.close(atOnce ? "flush" : "noFlush", `tcp_initializion_failure:${reason}`);
  }

  onOverload(): void {
    const { config, callbacks, downstream } = this;
    config.stats.downstreamCxOverloadClose.inc();
    callbacks?.streamInfo.setResponseFlag(ResponseFlag.OverloadManager);
    downstream.write(NOTHING, true);
    downstream.close("flush", "overload_manager_close");
  }

  onUpstreamConnected(localAddress: string, connection?: ConnectionInfo): void {
    const { config, callbacks } = this;
    if (callbacks === undefined) return;
    this.connected = true;
    this.upstream?.host.outlier?.putResult("localOriginConnectSuccess");
    const info = asWritable(callbacks.streamInfo);
    info.upstreamConnection = connection;
    info.upstreamLocalAddress = localAddress;
    info.upstreamFilterState = this.downstream.streamInfo?.upstreamState?.shared;
    this.touch();
    if (config.logsOnConnected) this.log?.write("TcpUpstreamConnected");
    if (this.upstream !== undefined) {
      this.upstreamBytes.wireBytesSent += this.early.bytes;
      this.early.sendTo(this.upstream);
    }
    if (this.readingHeld) {
      this.readingHeld = false;
      this.downstream.readDisable(false);
    }
    callbacks.continueReading();
  }

  onUpstreamConnectFailed(failure: ConnectFailure, transportFailure: string): void {
    if (failure !== "overflow") {
      const result = failure === "timeout" ? "localOriginTimeout" : "localOriginConnectFailed";
      this.upstream?.host.outlier?.putResult(result);
    }
    this.upstream = undefined;
    if (!this.destroyed) this.connector?.retryAfter(failure, transportFailure);
  }

  onUpstreamData(chunk: Uint8Array, endStream: boolean): void {
    this.upstreamBytes.wireBytesReceived += chunk.length;
    this.downstreamBytes.wireBytesSent += chunk.length;
    this.downstream.write(chunk, endStream);
    this.touch();
    this.closeIfDraining();
  }

  onUpstreamClosed(reset: boolean): void {
    this.upstream = undefined;
    if (reset) {
      this.callbacks?.streamInfo.setResponseFlag(ResponseFlag.UpstreamRemoteReset);
      this.session.detectedCloseType = "RemoteReset";
    }
    // The idle deadline stays: it bounds how long the client may take for what is queued.
    this.touch();
    if (this.downstream.state === "open") this.downstream.close(reset ? "abort" : "flush", "upstream closed");
  }

  onAboveHighWatermark(): void {
    if (this.downstream.state !== "open" || this.destroyed) return;
    this.downstream.readDisable(true);
    this.config.stats.pausedReading.inc();
  }

  onBelowLowWatermark(): void {
    if (this.downstream.state !== "open" || this.destroyed) return;
    this.downstream.readDisable(false);
    this.config.stats.resumedReading.inc();
  }

  private pauseUpstream(pause: boolean): void {
    if (this.upstream?.open === true) this.upstream.pauseReading(pause);
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private touch(): void {
    if (this.idleTimeoutMs > 0 && !this.destroyed) this.idle.set(this.idleTimeoutMs);
  }

  /** Bytes that leave a buffer without others coming in are life as well; that is looked for here rather than at each write. */
  onDeadline(): void {
    const taken =
      this.downstream.bytesSent - this.downstream.bufferedBytes + (this.upstream?.takenBytes ?? 0);
    if (taken !== this.takenBytes && this.hasQueued()) {
      this.takenBytes = taken;
      this.touch();
      return;
    }
    this.config.stats.idleTimeout.inc();
    this.downstream.close("noFlush", "tcp_session_idle_timeout");
  }

  private hasQueued(): boolean {
    return this.downstream.bufferedBytes > 0 || (this.upstream?.bufferedBytes ?? 0) > 0;
  }

  private onMaxDuration(): void {
    this.callbacks?.streamInfo.setResponseFlag(ResponseFlag.DurationTimeout);
    this.config.stats.maxConnectionDuration.inc();
    this.downstream.close("noFlush", "max_connection_duration_reached");
  }
}

export const tcpProxyFactory: NetworkFilterFactory<TcpProxyConfig> = {
  terminal: true,
  compile: (message, context) => compileTcpProxy(asConfig(message), asNetworkContext(context)),
  create: (config) => new TcpProxyFilter(config),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): TcpProxy {
  return message as TcpProxy;
}
