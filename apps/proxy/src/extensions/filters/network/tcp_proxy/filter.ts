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
import type {
  Host,
  LoadBalancerContext,
  ThreadLocalCluster,
} from "../../../../cluster/thread-local-cluster.ts";
import { accountForRead, lend } from "../../../../connection/read-memory.ts";
import { ipOf } from "../../../../connection/socket-address.ts";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import { hashOf } from "../../../../filter-state/hashable-text.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import { asNetworkContext, socketConnectionOf } from "../../../../network-filter/network-factory-context.ts";
import type { DownstreamAddresses } from "../../../../transport-socket/upstream-transport-socket.ts";
import { shedConnection } from "../../../../upstream/shed-connection.ts";
import { TcpConnection } from "../../../../upstream/tcp-connection.ts";
import type { ConnectFailure, TcpUpstream, TcpUpstreamOwner } from "../../../../upstream/tcp-upstream.ts";
import { Deadline, type DeadlineOwner } from "../../../../worker/timer-queue.ts";
import type { OnDemandCds } from "../../../../xds/compile-on-demand-cds.ts";
import { compileTcpProxy, LB, type TcpProxyCluster, type TcpProxyConfig } from "./config.ts";
import { EarlyData } from "./early-data.ts";
import { HttpTunnel } from "./http-tunnel.ts";
import { mergeProxyTlvs } from "./proxy-tlvs.ts";
import { asWritable, SessionLog, sessionContext } from "./session-log.ts";
import type { TunnelConfig } from "./tunnel-config.ts";
import { UpstreamDrainer } from "./upstream-drainer.ts";

/** The number that Envoy's reason for closing ends with. */
const FAILED_TO_CONNECT = 0;
const NO_HEALTHY_UPSTREAM = 1;
const RESOURCE_LIMIT = 2;
const NO_ROUTE = 3;

/** Keys of the filter state under which earlier filters may say what is to hold for this connection. */
const CLUSTER_KEY = "envoy.tcp_proxy.cluster";
const IDLE_TIMEOUT_KEY = "envoy.tcp_proxy.per_connection_idle_timeout_ms";
const NO_TUNNEL_KEY = "envoy.tcp_proxy.disable_tunneling";

/**
 * Joins a downstream connection to one of its own to a host, or to a tunnel through HTTP. Unless early data are to be kept,
 * reading waits until that is there; after it bytes and half-closes pass as they come, each side's reading held back while the
 * other does not take what is queued for it.
 */
export class TcpProxyFilter implements ReadFilter, TcpUpstreamOwner, LoadBalancerContext, DeadlineOwner {
  private readonly config: TcpProxyConfig;
  private callbacks: ReadFilterCallbacks | undefined = undefined;
  private downstreamConnection: SocketConnection | undefined = undefined;
  private log: SessionLog | undefined = undefined;
  private upstream: TcpUpstream | undefined = undefined;
  private picked: TcpProxyCluster | undefined = undefined;
  private connected = false;
  private destroyed = false;
  private draining = false;
  private attempts = 0;
  private readonly early = new EarlyData();
  private connectBegun = false;
  private readingHeld = false;
  private idleTimeoutMs: number;
  private readonly idle: Deadline;
  /** Bytes that both sides' kernels had taken when the idle deadline was last looked at. */
  private takenBytes = 0;
  private retry: Timer | undefined = undefined;
  /** Ends the waiting for a cluster that is fetched. */
  private fetching: (() => void) | undefined = undefined;
  private lifetime: Timer | undefined = undefined;
  private readonly downstreamWatermarks: WatermarkCallbacks;

  // LoadBalancerContext
  readonly requestHeaders = undefined;
  readonly hostSelectionAttempts = 1;

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
    this.downstreamConnection = downstream;
    downstream.enableHalfClose();
    if (config.earlyDataBytesMax === undefined) this.holdReading(downstream);
    downstream.addWatermarkCallbacks(this.downstreamWatermarks);
    downstream.sentCounter = config.stats.downstreamCxTxBytesTotal;
    config.stats.downstreamCxTotal.inc();
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
    const own = Number(this.state(IDLE_TIMEOUT_KEY) ?? Number.NaN);
    if (Number.isInteger(own) && own >= 0) this.idleTimeoutMs = own;
    this.touch();
    if (logsOnStart) this.log.write("TcpConnectionStart");
    if (!connectsOnData) this.connect();
    return NetworkFilterStatus.Continue;
  }

  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.config.stats.downstreamCxRxBytesTotal.add(chunk.length);
    if (this.connected) {
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
    const { early, config } = this;
    early.add(chunk, endStream);
    if (config.earlyDataBytesMax === undefined) return;
    config.stats.earlyDataReceived.inc();
    if (config.connectsOnData && !this.connectBegun && early.bytes > 0) this.connect();
    if (early.bytes >= config.earlyDataBytesMax && !this.connected) this.holdReading(this.downstream);
  }

  private holdReading(downstream: SocketConnection): void {
    if (this.readingHeld) return;
    this.readingHeld = true;
    downstream.readDisable(true);
  }

  /** The listener lets go of its connections. */
  drain(): void {
    this.draining = true;
  }

  private closeIfDraining(): void {
    const { config } = this;
    if (!config.checksDrainClose || this.destroyed || this.downstream.state !== "open") return;
    if (!this.draining && !config.worker.drain.drainClose()) return;
    config.stats.downstreamCxDrainClose.inc();
    this.downstream.close("flush", "tcp_proxy_drain_close");
  }

  onDestroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { upstream, downstream } = this;
    this.upstream = undefined;
    this.idle.dispose();
    this.fetching?.();
    this.retry?.disarm();
    this.lifetime?.disarm();
    if (upstream !== undefined) {
      // The client's last bytes are still the upstream's, unless the connection was broken off.
      const remote = downstream.closeDetails === "";
      if (remote && downstream.wasReset) upstream.abandon("abort");
      else if (remote && this.connected)
        new UpstreamDrainer(this.config, this.idleTimeoutMs, upstream).start();
      else upstream.abandon("noFlush");
    }
    this.log?.end();
  }

  // ── choosing and connecting ─────────────────────────────────────────────────────────────────────────────────────────

  private connect(): void {
    const { config, callbacks } = this;
    if (callbacks === undefined) return;
    this.connectBegun = true;
    const { streamInfo } = callbacks;
    const { worker } = config;
    const name = this.pickCluster();
    const cluster = worker.clusters.get(name);
    if (cluster === undefined) {
      if (config.onDemand === undefined || this.fetching !== undefined || name === "")
        this.failWithoutCluster();
      else this.fetchCluster(name, config.onDemand);
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
    const { tunnel } = config;
    if (tunnel !== undefined && this.state(NO_TUNNEL_KEY) !== "true") {
      connections.release();
      this.openTunnel(tunnel, cluster, host);
      return;
    }
    if (!pendingRequests.tryAcquire()) {
      connections.release();
      info.stats.upstreamRqPendingOverflow.inc();
      this.onUpstreamConnectFailed("overflow", "");
      return;
    }
    if (shedConnection(info)) {
      connections.release();
      pendingRequests.release();
      this.onUpstreamConnectFailed("overflow", "");
      return;
    }
    const { clock, timers } = worker;
    const { upstreamState } = this.downstream.streamInfo ?? {};
    this.upstream = new TcpConnection(info, host, this, {
      clock,
      timers,
      limits: info.circuitBreakers.default,
      connect: { ...upstreamState?.tls, shared: upstreamState?.shared, downstream: this.proxied() },
    });
  }

  /** Whom the connection to the host is for. */
  private proxied(): DownstreamAddresses & { readonly id: number } {
    const { id, remoteAddress, localAddress, proxyTlvs } = this.downstream;
    const merged = mergeProxyTlvs(this.config.proxyTlvs, proxyTlvs, sessionContext(this.downstream));
    return { id, remoteAddress, localAddress, proxyTlvs: merged };
  }

  private openTunnel(config: TunnelConfig, { info }: ThreadLocalCluster, host: Host): void {
    const { worker } = this.config;
    const { downstream } = this;
    const proxied = this.proxied();
    const tunnel = new HttpTunnel({ config, worker, info, host, downstream, proxied, owner: this });
    this.upstream = tunnel;
    tunnel.start();
  }

  /** On-demand CDS: nothing is read from the client meanwhile. Once for each connection. */
  private fetchCluster(name: string, { source, timeoutMs }: OnDemandCds): void {
    const { stats, worker } = this.config;
    stats.onDemandClusterAttempt.inc();
    const want = { kind: "cluster", source, cluster: name, timeoutMs } as const;
    this.fetching = worker.onDemand.request(want, (outcome) => {
      if (worker.clusters.has(name)) {
        stats.onDemandClusterSuccess.inc();
        this.connect();
        return;
      }
      if (outcome === "timeout") stats.onDemandClusterTimeout.inc();
      else stats.onDemandClusterMissing.inc();
      this.failWithoutCluster();
    });
  }

  private failWithoutCluster(): void {
    this.config.stats.downstreamCxNoRoute.inc();
    this.fail(ResponseFlag.NoClusterFound, NO_ROUTE);
  }

  private pickCluster(): string {
    this.picked = undefined;
    const named = this.state(CLUSTER_KEY);
    if (named !== undefined) return named;
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
    return hashOf(this.callbacks?.streamInfo.filterState.get(policy.key));
  }

  get metadataMatch(): MetadataMatch | undefined {
    return mergeMetadataMatch(this.picked?.metadataMatch, this.streamInfo?.getDynamicMetadata(LB));
  }

  private state(key: string): string | undefined {
    return filterStateText(this.streamInfo?.filterState.get(key));
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
    this.upstream?.host.outlier?.putResult("localOriginConnectSuccess");
    asWritable(callbacks.streamInfo).upstreamLocalAddress = localAddress;
    asWritable(callbacks.streamInfo).upstreamFilterState = this.downstream.streamInfo?.upstreamState?.shared;
    this.touch();
    if (config.logsOnConnected) this.log?.write("TcpUpstreamConnected");
    if (this.upstream !== undefined) this.early.sendTo(this.upstream);
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

  onUpstreamData(chunk: Uint8Array, endStream: boolean): void {
    this.downstream.write(chunk, endStream);
    this.touch();
    this.closeIfDraining();
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

/** Full jitter below an exponential ceiling. */
export function retryDelayMs(
  backoff: NonNullable<TcpProxyConfig["backoff"]>,
  attempt: number,
  random: number,
): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * (2 ** attempt - 1));
  return random % Math.max(1, Math.round(ceiling));
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
