import { type AttemptedHost, ResponseFlag, type StreamInfo, type Timer } from "@sluice/extension-api";
import { filterStateText, xxHash64 } from "@sluice/matching";
import type {
  Host,
  LoadBalancerContext,
  ThreadLocalCluster,
} from "../../../../cluster/thread-local-cluster.ts";
import { ipOf } from "../../../../connection/socket-address.ts";
import type { SocketConnection } from "../../../../connection/socket-connection.ts";
import { backOffCeilingMs } from "../../../../event/back-off.ts";
import { hashOf } from "../../../../filter-state/hashable-text.ts";
import { wantedFacts } from "../../../../formatter/wanted-facts.ts";
import { type MetadataMatch, mergeMetadataMatch } from "../../../../load-balancer/metadata-match.ts";
import { LoadShedPoint } from "../../../../overload/overload-state.ts";
import type { DownstreamAddresses } from "../../../../transport-socket/upstream-transport-socket.ts";
import { shedConnection } from "../../../../upstream/shed-connection.ts";
import { TcpConnection } from "../../../../upstream/tcp-connection.ts";
import type { ConnectFailure, TcpUpstream, TcpUpstreamOwner } from "../../../../upstream/tcp-upstream.ts";
import { LB, type TcpProxyCluster, type TcpProxyConfig } from "./config.ts";
import { HttpTunnel } from "./http-tunnel.ts";
import { mergeProxyTlvs } from "./proxy-tlvs.ts";
import { asWritable, sessionContext } from "./session-log.ts";
import type { TunnelConfig } from "./tunnel-config.ts";

/** Why no upstream was found, by the number that Envoy's reason for closing ends with. */
const FAILED_TO_CONNECT = 0;
const NO_HEALTHY_UPSTREAM = 1;
const RESOURCE_LIMIT = 2;
const NO_ROUTE = 3;

/** Keys of the filter state under which earlier filters may say what is to hold for this connection. */
const CLUSTER_KEY = "envoy.tcp_proxy.cluster";
const NO_TUNNEL_KEY = "envoy.tcp_proxy.disable_tunneling";

/** Who wants an upstream, and hears of what becomes of it. */
export interface ConnectorOwner extends TcpUpstreamOwner {
  /** An attempt begins. */
  onUpstreamChosen(upstream: TcpUpstream): void;
  /** There will be none. `atOnce`: nothing was waited for but answers of hosts. */
  onNoUpstream(reason: number, atOnce: boolean): void;
  /** There will be none, for the load is shed. */
  onOverload(): void;
}

/**
 * Finds an upstream for one downstream connection: a cluster, which may have to be fetched first, a host of it, and a connection
 * or a tunnel to that; where it fails again, as often and after such pauses as configured. What is counted and logged of that
 * is counted and logged here; the upstream itself is the owner's from the moment that it is chosen.
 */
export class UpstreamConnector implements LoadBalancerContext {
  readonly requestHeaders = undefined;
  readonly hostSelectionAttempts = 1;
  readonly streamInfo: StreamInfo;
  /** `connect` was called. */
  begun = false;
  private readonly config: TcpProxyConfig;
  private readonly downstream: SocketConnection;
  private readonly owner: ConnectorOwner;
  private picked: TcpProxyCluster | undefined = undefined;
  private attempts = 0;
  private waited = false;
  private readonly hostsAttempted: AttemptedHost[];
  private retry: Timer | undefined = undefined;
  /** Ends the waiting for a cluster that is fetched. */
  private fetching: (() => void) | undefined = undefined;

  constructor(
    config: TcpProxyConfig,
    downstream: SocketConnection,
    streamInfo: StreamInfo,
    owner: ConnectorOwner,
    hostsAttempted: AttemptedHost[],
  ) {
    this.hostsAttempted = hostsAttempted;
    this.config = config;
    this.downstream = downstream;
    this.streamInfo = streamInfo;
    this.owner = owner;
  }

  /** Answers whether it is begun: not where the load is shed. */
  connect(): boolean {
    this.begun = true;
    const { config } = this;
    if (config.worker.overload.sheds(LoadShedPoint.TcpProxyConnect)) {
      this.owner.onOverload();
      return false;
    }
    const name = this.pickCluster();
    const cluster = config.worker.clusters.get(name);
    if (cluster !== undefined) this.connectTo(cluster);
    else if (config.onDemand === undefined || this.fetching !== undefined || name === "") {
      this.failWithoutCluster();
    } else this.fetchCluster(name, config.onDemand);
    return true;
  }

  private connectTo(cluster: ThreadLocalCluster): undefined {
    const { config } = this;
    const { info } = cluster;
    const streamInfo = asWritable(this.streamInfo);
    streamInfo.upstreamCluster = info.name;
    streamInfo.upstreamClusterStatName = info.statName;
    streamInfo.upstreamClusterMetadata = info.metadata;
    const { connections, pendingRequests } = info.circuitBreakers.default;
    if (!connections.tryAcquire()) {
      info.stats.upstreamCxOverflow.inc();
      return this.fail(ResponseFlag.UpstreamOverflow, RESOURCE_LIMIT);
    }
    if (this.attempts >= config.maxConnectAttempts) {
      connections.release();
      info.stats.upstreamCxConnectAttemptsExceeded.inc();
      return this.fail(ResponseFlag.UpstreamRetryLimitExceeded, FAILED_TO_CONNECT);
    }
    const host = cluster.chooseHost(this);
    if (host === undefined) {
      connections.release();
      info.stats.upstreamCxNoneHealthy.inc();
      return this.fail(ResponseFlag.NoHealthyUpstream, NO_HEALTHY_UPSTREAM);
    }
    this.attempts++;
    streamInfo.upstreamRequestAttemptCount = this.attempts;
    streamInfo.upstreamRemoteAddress = host.address;
    streamInfo.upstreamHostName = host.hostname;
    if (wantedFacts.attempts) this.hostsAttempted.push(host);
    const { tunnel } = config;
    if (tunnel !== undefined && this.state(NO_TUNNEL_KEY) !== "true") {
      connections.release();
      return this.openTunnel(tunnel, cluster, host);
    }
    if (!pendingRequests.tryAcquire()) {
      connections.release();
      info.stats.upstreamRqPendingOverflow.inc();
      this.owner.onUpstreamConnectFailed("overflow", "");
      return;
    }
    if (shedConnection(info)) {
      connections.release();
      pendingRequests.release();
      this.owner.onUpstreamConnectFailed("overflow", "");
      return;
    }
    this.openConnection(cluster, host);
  }

  private openConnection({ info }: ThreadLocalCluster, host: Host): void {
    const { clock, timers } = this.config.worker;
    const { upstreamState } = this.downstream.streamInfo ?? {};
    const connection = new TcpConnection(info, host, this.owner, {
      clock,
      timers,
      limits: info.circuitBreakers.default,
      connect: { ...upstreamState?.tls, shared: upstreamState?.shared, downstream: this.proxied() },
    });
    this.owner.onUpstreamChosen(connection);
  }

  private openTunnel(config: TunnelConfig, { info }: ThreadLocalCluster, host: Host): undefined {
    const { worker } = this.config;
    const { downstream, owner } = this;
    const proxied = this.proxied();
    const tunnel = new HttpTunnel({ config, worker, info, host, downstream, proxied, owner });
    owner.onUpstreamChosen(tunnel);
    tunnel.start();
  }

  /** Whom the connection to the host is for. */
  private proxied(): DownstreamAddresses & { readonly id: number } {
    const { id, remoteAddress, localAddress, proxyTlvs } = this.downstream;
    const merged = mergeProxyTlvs(this.config.proxyTlvs, proxyTlvs, sessionContext(this.downstream));
    return { id, remoteAddress, localAddress, proxyTlvs: merged };
  }

  /** The upstream that was chosen last could not be connected to: another attempt, at once or later, or the end. */
  retryAfter(failure: ConnectFailure, transportFailure: string): undefined {
    const { config, streamInfo } = this;
    // A tunnel's answer takes a way there and back.
    if (failure === "timeout" || transportFailure.startsWith("tunnel_response:")) this.waited = true;
    if (failure !== "overflow") streamInfo.setResponseFlag(ResponseFlag.UpstreamConnectionFailure);
    if (transportFailure !== "") asWritable(streamInfo).upstreamTransportFailureReason = transportFailure;
    if (config.backoff === undefined || this.attempts >= config.maxConnectAttempts) {
      this.connect();
      return;
    }
    const { timers, random } = config.worker;
    this.waited = true;
    this.retry ??= timers.create(() => this.connect());
    this.retry.arm(retryDelayMs(config.backoff, this.attempts, random.uint32()));
  }

  /** Nobody wants an upstream any more. */
  dispose(): void {
    this.fetching?.();
    this.retry?.disarm();
  }

  /** On-demand CDS: nothing is read from the client meanwhile. Once for each connection. */
  private fetchCluster(
    name: string,
    { source, timeoutMs, stats }: NonNullable<TcpProxyConfig["onDemand"]>,
  ): void {
    const { worker } = this.config;
    this.waited = true;
    stats.attempt.inc();
    const want = { kind: "cluster", source, cluster: name, timeoutMs } as const;
    this.fetching = worker.onDemand.request(want, (outcome) => {
      if (worker.clusters.has(name)) {
        stats.success.inc();
        this.connect();
        return;
      }
      if (outcome === "timeout") stats.timeout.inc();
      else stats.missing.inc();
      this.failWithoutCluster();
    });
  }

  private failWithoutCluster(): void {
    this.config.stats.downstreamCxNoRoute.inc();
    this.fail(ResponseFlag.NoClusterFound, NO_ROUTE);
  }

  private fail(flag: ResponseFlag, reason: number): undefined {
    this.streamInfo.setResponseFlag(flag);
    this.owner.onNoUpstream(reason, !this.waited);
  }

  // ── what the choice goes by ─────────────────────────────────────────────────────────────────────────────────────────

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

  private state(key: string): string | undefined {
    return filterStateText(this.streamInfo.filterState.get(key));
  }

  computeHash(): bigint | undefined {
    const policy = this.config.hashPolicy;
    if (policy === undefined) return undefined;
    if (policy.kind === "source") {
      const ip = ipOf(this.downstream.remoteAddress);
      return ip === "" ? undefined : xxHash64(ip);
    }
    return hashOf(this.streamInfo.filterState.get(policy.key));
  }

  get metadataMatch(): MetadataMatch | undefined {
    return mergeMetadataMatch(this.picked?.metadataMatch, this.streamInfo.getDynamicMetadata(LB));
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }
}

/** Full jitter below an exponential ceiling. */
export function retryDelayMs(
  backoff: NonNullable<TcpProxyConfig["backoff"]>,
  attempt: number,
  random: number,
): number {
  const ceiling = backOffCeilingMs(attempt, backoff.baseMs, backoff.maxMs);
  return random % Math.max(1, Math.round(ceiling));
}
