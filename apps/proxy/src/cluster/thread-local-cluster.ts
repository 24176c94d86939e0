import type { Socket } from "node:net";
import type {
  ConnectionInfo,
  Counter,
  Gauge,
  HeaderMap,
  Histogram,
  StreamInfo,
  UpstreamOverrideHost,
} from "@sluice/extension-api";
import type { Http1ClientOptions } from "../http/h1/client-codec.ts";
import type { Http2Setup } from "../http/h2/http2-connection.ts";
import type { DropReply } from "../load-balancer/drop-reply.ts";
import type { HostSet } from "../load-balancer/host-set.ts";
import type { MetadataMatch } from "../load-balancer/metadata-match.ts";
import type { PriorityLoads, PriorityState } from "../load-balancer/priority-load.ts";
import type { HostLoad } from "../orca/host-load.ts";
import type { ConnectOptions } from "../transport-socket/upstream-transport-socket.ts";
import type { ConnectTo } from "./cluster-config.ts";
import type { ClusterDrops } from "./cluster-drops.ts";
import type { ClusterPolicies } from "./cluster-policies.ts";
import type { UpstreamHttpConfig } from "./compile-http-options.ts";
import type { PredictivePreconnect } from "./predictive-preconnect.ts";
import type { ResponseFigures } from "./response-figures.ts";
import type { TrackedStats } from "./tracked-stats.ts";

/** A worker's view of all clusters. Written by `cluster/`, read by `upstream/` and by filters. */
export interface ThreadLocalClusterManager {
  get(name: string): ThreadLocalCluster | undefined;
  has(name: string): boolean;
}

export interface ThreadLocalCluster {
  /** Replaced as a whole when the cluster's configuration changes; its identity is the cache key of pools. */
  readonly info: ClusterInfo;
  /** Picks by the load-balancing policy; `undefined` when no host may be used (503 `no healthy upstream`). */
  chooseHost(context: LoadBalancerContext): Host | undefined;
  readonly hostCount: number;
  /** By priority. */
  readonly hostSets: readonly HostSet[];
  /** Draws whether this request is to be refused with 503 (`drop_overloads` of the load assignment), and how. */
  dropOverload?(): DropReply | undefined;
}

/** What policies may look at; every member is cheap to call and may be left unused. */
export interface LoadBalancerContext {
  /** Undefined for TCP. */
  readonly requestHeaders: HeaderMap | undefined;
  /** Hash of the route's hash policy, when it has one. */
  computeHash(): bigint | undefined;
  /** True: this host was tried already and another one is wanted (retry host predicates). */
  shouldSelectAnotherHost(host: Host): boolean;
  /** How often to ask again when `shouldSelectAnotherHost`. */
  readonly hostSelectionAttempts: number;
  /** The route's `metadata_match` with the request's own `envoy.lb` metadata: what subset load balancing goes by. */
  readonly metadataMatch?: MetadataMatch | undefined;
  /** A host that is wanted by its address (stateful sessions); taken where its status is in `override_host_status`. */
  readonly overrideHost?: OverrideHost | undefined;
  /** Retry priorities: other shares than those that the priorities' health gives. */
  readonly adjustPriorityLoad?:
    | ((state: PriorityState, sets: readonly HostSet[]) => PriorityLoads)
    | undefined;
  /** The request's or connection's; undefined for requests of the proxy's own. */
  readonly streamInfo?: StreamInfo | undefined;
  /** The client's; undefined for requests of the proxy's own. */
  readonly connection?: ConnectionInfo | undefined;
  /** Takes a Set-Cookie value for the response: a hash policy of the cluster's own may make a cookie. */
  addCookie?(setCookie: string): void;
}

/** Of a stateful session. */
export type OverrideHost = UpstreamOverrideHost;

/** Compiled once per configuration, frozen. Units: ms, bytes. Defaults are Envoy's. */
export interface ClusterInfo {
  readonly name: string;
  /** `alt_stat_name` or the name. */
  readonly statName: string;
  /** `filter_metadata`, for logs and tags. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** The runtime key that refuses a share of requests (`upstream.maintenance_mode.<name>`). */
  readonly maintenanceModeKey: string;
  /** Default 5000. */
  readonly connectTimeoutMs: number;
  /** `per_connection_buffer_limit_bytes`, default 1 MiB. */
  readonly bufferLimitBytes: number;
  /** `per_connection_buffer_high_watermark_timeout`; 0, the default: none. */
  readonly highWatermarkTimeoutMs?: number;
  readonly http: UpstreamHttpConfig;
  /** Undefined: nobody reports them. */
  readonly drops?: ClusterDrops;
  /** Undefined: it says nothing about requests. */
  readonly policies?: ClusterPolicies | undefined;
  readonly http1: Http1ClientOptions;
  /** Undefined where HTTP/2 is not spoken. */
  readonly http2: Http2Setup | undefined;
  /** `per_upstream_preconnect_ratio`, default 1. */
  readonly preconnectRatio: number;
  /** Undefined: no connections are opened to hosts that have no stream yet. */
  readonly predictive?: PredictivePreconnect | undefined;
  /** Which hosts get connections ahead of streams; undefined: all. */
  readonly preconnects?: ((host: Host) => boolean) | undefined;
  /** Asked before a connection is opened: the overload manager has the load shed instead, which is counted. */
  readonly shedsConnection?: () => boolean;
  /** `connection_pool_per_downstream_connection`. */
  readonly poolPerDownstreamConnection: boolean;
  readonly stats: ClusterStats;
  readonly tracked: TrackedStats;
  /** TCP sessions with a host end as soon as its health fails; default false. */
  readonly closesOnHealthFailure?: boolean;
  /** Where load reports are read: to be called with each response's headers, and its trailers where it has any. */
  readonly onResponse?: ResponseObserver | undefined;
  readonly circuitBreakers: { readonly default: ResourceLimits; readonly high: ResourceLimits };
  /** Starts a connection to a host behind the cluster's transport socket; `whenTransportReady` tells when it may carry bytes. */
  readonly connect: ConnectHost;
}

export interface ConnectHost {
  (host: Host, options?: ConnectOptions): Socket;
  /** Connections tell whom they are for, so that clients never share one. */
  readonly perDownstream?: boolean;
}

/** `headers`: a response's, or its trailers. */
export type ResponseObserver = (host: Host, headers: Pick<HeaderMap, "get">) => void;

/** `max…` from `circuit_breakers.thresholds` (defaults 1024/1024/1024/3); `open…` are this worker's share of what is in use. */
export interface ResourceLimits {
  readonly connections: Resource;
  readonly pendingRequests: Resource;
  readonly requests: CountedResource;
  readonly retries: Resource;
  readonly connectionPools: CountedResource;
  /** `per_host_thresholds`: connections to one host, of all workers; may be infinite. */
  readonly connectionsPerHost: number;
}

/** Counted over all workers (shared memory). */
export interface Resource {
  /** Takes one; false (nothing taken) when the limit is reached. */
  tryAcquire(): boolean;
  release(): void;
}

/** Of which some count though no limit holds them back. */
export interface CountedResource extends Resource {
  /** Takes one, whatever the limit. */
  take(): void;
}

export type HostHealth = "healthy" | "degraded" | "unhealthy";

export interface Host {
  /** What the main thread knows it by; absent of hosts that no other thread knows of. */
  readonly key?: string | undefined;
  /** The cluster that it belongs to, whose settings its connections have: of an aggregate cluster's hosts not that one. */
  readonly cluster?: ClusterInfo | undefined;
  /** `ip:port`, `[v6]:port` or a socket path; what logs and stats print. */
  readonly address: string;
  readonly connectTo: ConnectTo;
  /** The DNS name that it came from, or `hostname` of the endpoint, or "". */
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  /** Region, zone and sub-zone in one: `localityKey`. */
  readonly locality: string;
  /** `load_balancing_weight` of its locality; 0 when that has none. */
  readonly localityWeight: number;
  readonly health: HostHealth;
  /** Left out when its priority's health is judged (not yet checked for the first time, or told to fail at once). */
  readonly excluded: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** That of its locality. */
  readonly localityMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** False once it left the cluster: pools drain its connections and open no more. */
  readonly removed: boolean;
  readonly stats: HostStats;
  /** Active requests; least-request reads it, `upstream/` keeps it. */
  activeRequests: number;
  /** Active requests of all workers. */
  requestsInFlight(): number;
  /** Monotonic, ms: since when it is healthy; policies with a slow start set it first. */
  healthySinceMs: number | undefined;
  /** Where its load reports are noted; absent where nobody goes by them. */
  readonly load?: HostLoad | undefined;
  /** Where outlier detection hears of it; absent where there is none. */
  readonly outlier?: HostOutlier | undefined;
  /** The host asked to be taken out at once (`x-envoy-immediate-health-check-fail`); absent where health is not checked. */
  failHealthCheck?(): void;
  /** Room for `upstream/` to hang this worker's connection pool on; nobody else touches it. */
  pool: unknown;
}

/** What outlier detection hears of a host; each result comes once. */
export interface HostOutlier {
  putResult(result: OutlierResult, status?: number): void;
  /** Of a response; for gRPC what its status stands for. */
  putHttpResponseCode(status: number): void;
  putResponseTime(ms: number): void;
  /** The host calls itself degraded (`x-envoy-degraded`). */
  putDegraded(): void;
}

export type OutlierResult = "localOriginConnectSuccess" | "localOriginConnectFailed" | "localOriginTimeout";

/** Per-endpoint figures (`/clusters`, `per_endpoint_stats`). */
export interface HostStats {
  readonly cxTotal: Counter;
  readonly cxActive: Gauge;
  readonly cxConnectFail: Counter;
  readonly rqTotal: Counter;
  readonly rqSuccess: Counter;
  readonly rqError: Counter;
  readonly rqTimeout: Counter;
  readonly rqActive: Gauge;
  readonly rqPendingActive: Gauge;
  /** `rq_time`, ms; only with `per_endpoint_stats`. */
  readonly rqTime: Histogram | undefined;
  connectionsOfAllWorkers(): number;
}

/** Below `cluster.<name>.`; members are the stat names of Envoy's docs in camelCase. */
export interface ClusterStats {
  readonly upstreamCxTotal: Counter;
  readonly upstreamCxActive: Gauge;
  /** `upstream_cx_http1_total`; the codec's stats are listed with the first one. */
  readonly countHttp1Connection: () => void;
  readonly upstreamCxHttp2Total: Counter;
  /** Lists `http2.`, for connections that no codec of a pool counts. */
  readonly defineHttp2: () => void;
  readonly upstreamCxConnectFail: Counter;
  readonly bindErrors: Counter;
  readonly upstreamCxConnectTimeout: Counter;
  readonly upstreamCxConnectMs: Histogram;
  readonly upstreamCxLengthMs: Histogram;
  readonly upstreamRqPerCx: Histogram;
  readonly upstreamCxDestroy: Counter;
  readonly upstreamCxDestroyLocal: Counter;
  readonly upstreamCxDestroyRemote: Counter;
  readonly upstreamCxDestroyWithActiveRq: Counter;
  readonly upstreamCxDestroyLocalWithActiveRq: Counter;
  readonly upstreamCxDestroyRemoteWithActiveRq: Counter;
  readonly upstreamCxCloseNotify: Counter;
  readonly upstreamCxConnectAttemptsExceeded: Counter;
  readonly upstreamCxIdleTimeout: Counter;
  readonly upstreamCxMaxRequests: Counter;
  readonly upstreamCxMaxDurationReached: Counter;
  readonly upstreamCxOverflow: Counter;
  readonly upstreamCxPoolOverflow: Counter;
  readonly upstreamCxProtocolError: Counter;
  readonly upstreamCxNoneHealthy: Counter;
  readonly upstreamCxRxBytesTotal: Counter;
  readonly upstreamCxRxBytesBuffered: Gauge;
  readonly upstreamCxTxBytesTotal: Counter;
  readonly upstreamCxTxBytesBuffered: Gauge;
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqActive: Gauge;
  readonly upstreamRqPendingTotal: Counter;
  readonly upstreamRqPendingActive: Gauge;
  readonly upstreamRqPendingOverflow: Counter;
  readonly upstreamRqPendingFailureEject: Counter;
  readonly upstreamRqCancelled: Counter;
  readonly upstreamRqMaintenanceMode: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqPerTryTimeout: Counter;
  readonly upstreamRqPerTryIdleTimeout: Counter;
  readonly upstreamRqMaxDurationReached: Counter;
  readonly upstreamInternalRedirectSucceededTotal: Counter;
  readonly upstreamInternalRedirectFailedTotal: Counter;
  readonly retryOrShadowAbandoned: Counter;
  readonly upstreamRqRxReset: Counter;
  readonly upstreamRqActiveOverflow: Counter;
  readonly upstreamRqTxReset: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryBackoffExponential: Counter;
  readonly upstreamRqRetryBackoffRatelimited: Counter;
  readonly upstreamFlowControlPausedReadingTotal: Counter;
  readonly upstreamFlowControlResumedReadingTotal: Counter;
  readonly upstreamFlowControlBackedUpTotal: Counter;
  readonly upstreamFlowControlDrainedTotal: Counter;
  /** By code and class, and `upstream_rq_time`; apart for internal and external requests, canaries and zones. */
  readonly responses: ResponseFigures;
  /** A response that another try replaces: its code below `retry.` only. */
  countRetried(status: number, withoutCodes: boolean): void;
}
