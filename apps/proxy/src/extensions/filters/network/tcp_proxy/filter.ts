import {
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  ResponseFlag,
  type StreamInfo,
  type Timer,
  type WatermarkCallbacks,
} from "@sluice/extension-api";
import { filterStateText, xxHash64 } from "@sluice/matching";
import type { TcpProxy } from "@sluice/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type { AccessLogType } from "../../../../access-log/access-logger.ts";
import type { Host, LoadBalancerContext } from "../../../../cluster/thread-local-cluster.ts";
import { Deadline } from "../../../../connection/deadline.ts";
import { ipOf } from "../../../../connection/socket-address.ts";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import { asNetworkContext, socketConnectionOf } from "../../../../network-filter/network-factory-context.ts";
import { compileTcpProxy, LB, type TcpProxyCluster, type TcpProxyConfig } from "./config.ts";
import { type ConnectFailure, UpstreamConnection, type UpstreamOwner } from "./upstream-connection.ts";
import { UpstreamDrainer } from "./upstream-drainer.ts";

/** The number that Envoy's reason for closing ends with. */
const FAILED_TO_CONNECT = 0;
const NO_HEALTHY_UPSTREAM = 1;
const RESOURCE_LIMIT = 2;
const NO_ROUTE = 3;

/** The key under which an earlier filter may name the cluster. */
const CLUSTER_KEY = "envoy.tcp_proxy.cluster";

/**
 * Joins a downstream connection to one of its own to a host. Reading waits until that is there; after it bytes and
 * half-closes pass as they come, each side's reading held back while the other does not take what is queued for it.
 */
export class TcpProxyFilter implements ReadFilter, UpstreamOwner, LoadBalancerContext {
  private readonly config: TcpProxyConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private downstreamConnection: SocketConnection | undefined = undefined;
  private upstream: UpstreamConnection | undefined = undefined;
  private picked: TcpProxyCluster | undefined = undefined;
  private connected = false;
  private destroyed = false;
  private attempts = 0;
  private readonly connectedAtMs: number;
  private readonly idle: Deadline;
  /** Bytes that both sides' kernels had taken when the idle deadline was last looked at. */
  private takenBytes = 0;
  private retry: Timer | undefined = undefined;
  private lifetime: Timer | undefined = undefined;
  private logFlush: Timer | undefined = undefined;
  private readonly downstreamWatermarks: WatermarkCallbacks;

  // LoadBalancerContext
  readonly requestHeaders = undefined;
  readonly hostSelectionAttempts = 1;

  constructor(config: TcpProxyConfig) {
    this.config = config;
    const { clock, timers } = config.worker;
    this.connectedAtMs = clock.nowMs();
    this.idle = new Deadline(clock, timers, () => this.onIdle());
    this.downstreamWatermarks = {
      onAboveHighWatermark: () => this.pauseUpstream(true),
      onBelowLowWatermark: () => this.pauseUpstream(false),
    };
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
    const downstream = socketConnectionOf(callbacks);
    const { config } = this;
    this.downstreamConnection = downstream;
    downstream.enableHalfClose();
    downstream.readDisable(true);
    downstream.addWatermarkCallbacks(this.downstreamWatermarks);
    downstream.sentCounter = config.stats.downstreamCxTxBytesTotal;
    config.stats.downstreamCxTotal.inc();
  }

  private get downstream(): SocketConnection {
    if (this.downstreamConnection === undefined) throw new Error("the filter has no connection yet");
    return this.downstreamConnection;
  }

  onNewConnection(): NetworkFilterStatus {
    const { maxDurationMs, maxDurationJitterMs, accessLogFlushIntervalMs, worker, logsOnStart } = this.config;
    if (maxDurationMs > 0) {
      this.lifetime = worker.timers.create(() => this.onMaxDuration());
      this.lifetime.arm(maxDurationMs + (worker.random.uint32() / 2 ** 32) * maxDurationJitterMs);
    }
    if (accessLogFlushIntervalMs > 0) {
      const timer = worker.timers.create(() => {
        this.log("TcpPeriodic");
        timer.arm(accessLogFlushIntervalMs);
      });
      timer.arm(accessLogFlushIntervalMs);
      this.logFlush = timer;
    }
    if (logsOnStart) this.log("TcpConnectionStart");
    this.connect();
    return NetworkFilterStatus.StopIteration;
  }

  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.config.stats.downstreamCxRxBytesTotal.add(chunk.length);
    this.upstream?.connection.write(chunk, endStream);
    this.touch();
    return NetworkFilterStatus.StopIteration;
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { upstream, downstream } = this;
    this.upstream = undefined;
    this.idle.dispose();
    this.retry?.disarm();
    this.lifetime?.disarm();
    this.logFlush?.disarm();
    if (upstream !== undefined) {
      // The client's last bytes are still the upstream's, unless the connection was broken off.
      const remote = downstream.closeDetails === "";
      if (remote && downstream.wasReset) upstream.abandon("abort");
      else if (remote && this.connected) new UpstreamDrainer(this.config, upstream).start();
      else upstream.abandon("noFlush");
    }
    this.log("TcpConnectionEnd");
  }

  // ── choosing and connecting ─────────────────────────────────────────────────────────────────────────────────────────

  private connect(): void {
    const { config, callbacks } = this;
    if (callbacks === undefined) return;
    const { streamInfo } = callbacks;
    const { worker } = config;
    const name = this.pickCluster(streamInfo);
    const cluster = worker.clusters.get(name);
    if (cluster === undefined) {
      config.stats.downstreamCxNoRoute.inc();
      this.fail(ResponseFlag.NoClusterFound, NO_ROUTE);
      return;
    }
    const { info } = cluster;
    asWritable(streamInfo).upstreamCluster = info.name;
    const { connections, pendingRequests } = info.circuitBreakers.default;
    if (!connections.tryAcquire()) {
      info.stats.upstreamCxOverflow.inc();
      this.fail(ResponseFlag.UpstreamOverflow, RESOURCE_LIMIT);
      return;
    }
    if (this.attempts >= config.maxConnectAttempts) {
      connections.release();
      info.stats.upstreamCxConnectAttemptsExceeded.inc();
      this.fail(ResponseFlag.UpstreamRetryLimitExceeded, FAILED_TO_CONNECT);
      return;
    }
    const host = cluster.chooseHost(this);
    if (host === undefined) {
      connections.release();
      info.stats.upstreamCxNoneHealthy.inc();
      this.fail(ResponseFlag.NoHealthyUpstream, NO_HEALTHY_UPSTREAM);
      return;
    }
    this.attempts++;
    asWritable(streamInfo).upstreamRequestAttemptCount = this.attempts;
    asWritable(streamInfo).upstreamRemoteAddress = host.address;
    if (!pendingRequests.tryAcquire()) {
      connections.release();
      info.stats.upstreamRqPendingOverflow.inc();
      this.onUpstreamConnectFailed("overflow", "");
      return;
    }
    this.upstream = new UpstreamConnection(
      info,
      host,
      this,
      callbacks.connection,
      worker.clock,
      worker.timers,
    );
  }

  private pickCluster(streamInfo: StreamInfo): string {
    this.picked = undefined;
    const named = streamInfo.filterState.get(CLUSTER_KEY);
    if (typeof named === "string") return named;
    const { clusters, totalWeight, worker } = this.config;
    let left = clusters.length === 1 ? 0 : worker.random.uint32() % Math.max(1, totalWeight);
    for (const cluster of clusters) {
      left -= cluster.weight;
      if (left < 0) {
        this.picked = cluster;
        return cluster.name;
      }
    }
    return "";
  }

  computeHash(): bigint | undefined {
    const policy = this.config.hashPolicy;
    if (policy === undefined) return undefined;
    if (policy.kind === "source") {
      const ip = ipOf(this.downstream.remoteAddress);
      return ip === "" ? undefined : xxHash64(ip);
    }
    const text = filterStateText(this.callbacks?.streamInfo.filterState.get(policy.key));
    return text === undefined ? undefined : xxHash64(text);
  }

  get metadataMatch(): MetadataMatch | undefined {
    return mergeMetadataMatch(this.picked?.metadataMatch, this.streamInfo?.getDynamicMetadata(LB));
  }

  get streamInfo(): StreamInfo | undefined {
    return this.callbacks?.streamInfo;
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }

  private fail(flag: ResponseFlag, reason: number): void {
    this.callbacks?.streamInfo.setResponseFlag(flag);
    this.downstream.close("noFlush", `tcp_initializion_failure:${reason}`);
  }

  // ── the upstream's events ───────────────────────────────────────────────────────────────────────────────────────────

  onUpstreamConnected(localAddress: string): void {
    const { config, callbacks } = this;
    if (callbacks === undefined) return;
    this.connected = true;
    asWritable(callbacks.streamInfo).upstreamLocalAddress = localAddress;
    if (config.idleTimeoutMs > 0) this.idle.set(config.idleTimeoutMs);
    if (config.logsOnConnected) this.log("TcpUpstreamConnected");
    this.downstream.readDisable(false);
    callbacks.continueReading();
  }

  onUpstreamConnectFailed(failure: ConnectFailure, transportFailure: string): void {
    this.upstream = undefined;
    const { config, callbacks } = this;
    if (callbacks === undefined || this.destroyed) return;
    if (failure !== "overflow") callbacks.streamInfo.setResponseFlag(ResponseFlag.UpstreamConnectionFailure);
    if (transportFailure !== "")
      asWritable(callbacks.streamInfo).upstreamTransportFailureReason = transportFailure;
    if (config.backoff === undefined || this.attempts >= config.maxConnectAttempts) {
      this.connect();
      return;
    }
    const { timers, random } = config.worker;
    this.retry ??= timers.create(() => this.connect());
    this.retry.arm(retryDelayMs(config.backoff, this.attempts, random.uint32()));
  }

  onUpstreamData(chunk: Buffer, endStream: boolean): void {
    this.downstream.write(chunk, endStream);
    this.touch();
  }

  onUpstreamClosed(reset: boolean): void {
    this.upstream = undefined;
    if (reset) this.callbacks?.streamInfo.setResponseFlag(ResponseFlag.UpstreamRemoteReset);
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
    if (this.upstream?.connection.state !== "open") return;
    this.upstream.pauseReading(pause);
  }

  // ── time and logs ───────────────────────────────────────────────────────────────────────────────────────────────────

  private touch(): void {
    if (this.config.idleTimeoutMs > 0 && !this.destroyed) this.idle.set(this.config.idleTimeoutMs);
  }

  /** Bytes that leave a buffer without others coming in are life as well; that is looked for here rather than at each write. */
  private onIdle(): void {
    const taken = takenBy(this.downstream) + takenBy(this.upstream?.connection);
    if (taken !== this.takenBytes && this.hasQueued()) {
      this.takenBytes = taken;
      this.touch();
      return;
    }
    this.config.stats.idleTimeout.inc();
    this.downstream.close("noFlush", "tcp_session_idle_timeout");
  }

  private hasQueued(): boolean {
    return this.downstream.bufferedBytes > 0 || (this.upstream?.connection.bufferedBytes ?? 0) > 0;
  }

  private onMaxDuration(): void {
    this.callbacks?.streamInfo.setResponseFlag(ResponseFlag.DurationTimeout);
    this.config.stats.maxConnectionDuration.inc();
    this.downstream.close("noFlush", "max_connection_duration_reached");
  }

  private log(accessLogType: AccessLogType): void {
    const { callbacks, downstream, config } = this;
    if (callbacks === undefined || config.accessLoggers.length === 0) return;
    const info = asWritable(callbacks.streamInfo);
    info.durationMs = config.worker.clock.nowMs() - this.connectedAtMs;
    info.bytesReceived = downstream.bytesReceived;
    info.bytesSent = downstream.bytesSent;
    for (const logger of config.accessLoggers) {
      logger.log({
        request: undefined,
        response: undefined,
        responseTrailers: undefined,
        streamInfo: callbacks.streamInfo,
        connection: downstream,
        accessLogType,
        listenerName: config.listenerName,
      });
    }
  }
}

/** Full jitter below an exponential ceiling. */
export function retryDelayMs(
  backoff: NonNullable<TcpProxyConfig["backoff"]>,
  attempt: number,
  random: number,
): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * (2 ** attempt - 1));
  return random % Math.max(1, Math.round(ceiling));
}

function takenBy(connection: SocketConnection | undefined): number {
  return connection === undefined ? 0 : connection.bytesSent - connection.bufferedBytes;
}

type Writable = { -readonly [K in keyof StreamInfo]: StreamInfo[K] };

/** The stream info of a connection is a RequestStreamInfo, whose fields the terminal filter fills. */
function asWritable(info: StreamInfo): Writable {
  return info;
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
