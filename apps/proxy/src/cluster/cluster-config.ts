import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { LoadBalancerConfig } from "../load-balancer/load-balancer.ts";
import type { ClusterThresholds } from "./compile-circuit-breakers.ts";
import type { ConnectionConfig } from "./compile-connection-options.ts";
import type { UpstreamHttpConfig } from "./compile-http-options.ts";
import type { OutlierConfig } from "./outlier/outlier-config.ts";
import type { HostHealth } from "./thread-local-cluster.ts";
import type { TransportSocketMatch } from "./transport-socket-matches.ts";

/** How a cluster learns of its hosts. Times in ms. */
export type Discovery =
  | { readonly kind: "static" }
  | {
      /** `strict`: every address is a host; `logical`: one host, whose addresses are tried in their order. */
      readonly kind: "strict_dns" | "logical_dns";
      readonly refreshMs: number;
      /** `dns_failure_refresh_rate`; undefined: as after a success. */
      readonly failureRefresh: { readonly baseMs: number; readonly maxMs: number } | undefined;
      readonly jitterMs: number;
      readonly respectTtl: boolean;
      /** With `respectTtl`: a shorter time to live counts as this; 0: none does. */
      readonly minRefreshMs: number;
      readonly family: DnsFamily;
      /** `wait_for_warm_on_init`: the cluster is not in service before its names are resolved; default true. */
      readonly waitForWarm: boolean;
      /** Undefined: that of the bootstrap. */
      readonly resolver: DnsResolverSettings | undefined;
    }
  | {
      readonly kind: "eds";
      readonly serviceName: string;
      readonly initialFetchTimeoutMs: number;
      readonly source: ConfigSource;
    }
  /** The priorities of other clusters in a row. */
  | { readonly kind: "aggregate"; readonly clusters: readonly string[] }
  /** A cluster for each try of a request. */
  | { readonly kind: "composite"; readonly clusters: readonly string[] }
  | {
      readonly kind: "original_dst";
      /** The request header that names the address; "": none does. */
      readonly header: string;
      readonly metadataKey: { readonly filter: string; readonly path: readonly string[] } | undefined;
      /** 0: the address's own port. */
      readonly portOverride: number;
      /** After so long without use a host is forgotten; default 5000. */
      readonly cleanupIntervalMs: number;
    };

/** Who is asked for names. */
export interface DnsResolverSettings {
  /** `address:port` of name servers; none: the system's resolver (hosts file, resolv.conf). */
  readonly servers: readonly string[];
  /** Of each query to `servers`; 0: the resolver's own (5 s). */
  readonly timeoutMs: number;
  /** Of each query to `servers`; 0: the resolver's own (4). */
  readonly tries: number;
  /** How often the system's resolver is asked again at once when it has no answer for the moment. */
  readonly retries: number;
  /** Whether the system's resolver may complete a name by its search domains; `servers` never do. */
  readonly searchDomains: boolean;
  /** `filter_unroutable_families`: a family without an address of this machine's own, but for loopback, is left out. */
  readonly routableOnly: boolean;
}

export type DnsFamily = "auto" | "v4_only" | "v6_only" | "v4_preferred" | "all";

/** What a cluster's Cluster message means; plain data, so that it can cross threads. Units and defaults as in `ClusterInfo`. */
export interface ClusterConfig {
  readonly name: string;
  readonly statName: string;
  /** `filter_metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly discovery: Discovery;
  readonly connectTimeoutMs: number;
  readonly bufferLimitBytes: number;
  readonly highWatermarkTimeoutMs: number;
  readonly http: UpstreamHttpConfig;
  readonly loadBalancer: LoadBalancerConfig;
  readonly commonLb: CommonLbSettings;
  readonly thresholds: ClusterThresholds;
  readonly outlier: OutlierConfig | undefined;
  readonly perEndpointStats: boolean;
  /** What of `TrackedStats` is wanted. */
  readonly tracked: { readonly timeoutBudgets: boolean; readonly sizes: boolean };
  /** An encoded TransportSocket; undefined: raw. */
  readonly transportSocket: Uint8Array | undefined;
  readonly transportSocketMatches: readonly TransportSocketMatch[];
  /** An encoded Matcher whose actions name one of the matches; undefined: endpoints choose by their metadata. */
  readonly transportSocketMatcher: Uint8Array | undefined;
  readonly connection: ConnectionConfig;
  /** `lrs_report_endpoint_metrics`; none where nobody is told of load. */
  readonly loadMetrics: readonly string[];
  /** `close_connections_on_host_health_failure`. */
  readonly closesOnHealthFailure: boolean;
}

/** `common_lb_config`, as far as it is not part of a policy. */
export interface CommonLbSettings {
  /** Percent of usable hosts under which health is ignored; default 50, 0 turns it off. */
  readonly panicThreshold: number;
  /** Connections of all hosts drain whenever a host comes or goes. */
  readonly closeConnectionsOnHostSetChange: boolean;
  /** Updates that only change hosts (health, weight, metadata) are told to the workers at most so often; default 1000, 0: at once. */
  readonly updateMergeWindowMs: number;
  /** The health of hosts that a request may insist on by their address (stateful sessions). */
  readonly overrideHostStatus: readonly HostHealth[];
}

/** `others`: further addresses of the same endpoint, to be tried when the first one does not answer soon. */
export type ConnectTo =
  | { readonly host: string; readonly port: number; readonly others?: readonly string[] }
  | { readonly path: string };

/** A host as the main thread knows it; what it tells the workers. */
export interface HostSpec {
  /** Identity over updates and threads; made of the address, or of `name:port` for LOGICAL_DNS. */
  readonly key: string;
  readonly address: string;
  readonly connectTo: ConnectTo;
  readonly hostname: string;
  /** `observability_name`: what its own stats are called by in place of the address. */
  readonly observabilityName?: string;
  readonly weight: number;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** `load_balancing_weight` of its locality; 0 when it has none. */
  readonly localityWeight: number;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly localityMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly health: HostHealth;
  /** Left out when its priority's health is judged. */
  readonly excluded: boolean;
  /** The `health_status` of the endpoint, for `/clusters`. */
  readonly edsHealth: string;
  readonly page: SharedArrayBuffer;
  /** `HealthFlag` bits; 0 when absent. */
  readonly flags?: number;
  /** See `OutlierPage`; only with outlier detection. */
  readonly outlierPage?: SharedArrayBuffer;
  /** See `HostLoad`; only where the policy goes by load reports. */
  readonly loadPage?: SharedArrayBuffer;
  /** `health_check_config`. */
  readonly healthCheck?: EndpointHealthCheck;
}

/** Where and as whom an endpoint is checked. */
export interface EndpointHealthCheck {
  /** 0: the check's or the endpoint's own. */
  readonly port: number;
  /** "": the check's host, or the cluster's name. */
  readonly hostname: string;
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string } | undefined;
  readonly disabled: boolean;
}
