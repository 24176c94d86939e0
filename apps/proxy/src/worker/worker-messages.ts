import type { ClusterConfig, HostSpec } from "../cluster/cluster-config.ts";
import type { OutlierSign } from "../cluster/outlier/outlier-config.ts";
import type { KeepaliveConfig } from "../connection/keep-alive.ts";
import type { DrainTiming } from "../filter-chain/listener-drain.ts";
import type { InlineHeaders } from "../http/inline-headers.ts";
import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import type { LoadMetric } from "../orca/load-metrics-outbox.ts";
import type { OverloadWorkerSettings } from "../overload/overload-settings.ts";
import type { RuntimeValues } from "../runtime/runtime-snapshot.ts";
import type { StatDefinition, StatsRelease } from "../stats/thread-stats.ts";
import type { HeartbeatPage } from "../watchdog/heartbeats.ts";
import type { OnDemandOutcome, OnDemandWant } from "./on-demand-requests.ts";
import type { ProfileKind } from "./profiler.ts";
import type { LocalInfo } from "./worker-context.ts";

/** What a worker is started with. */
export interface WorkerInit {
  readonly workerIndex: number;
  readonly concurrency: number;
  readonly localInfo: LocalInfo;
  /** The encoded `envoy.config.core.v3.Node`. */
  readonly node: Uint8Array;
  /** The bootstrap's `envoy.config.trace.v3.Tracing`, encoded. */
  readonly tracing: Uint8Array;
  /** `cluster_manager.local_cluster_name`; "": none. */
  readonly localCluster: string;
  readonly logLevel: string;
  /** See `SharedDrainState`. */
  readonly drainState: SharedArrayBuffer;
  readonly drain: DrainTiming;
  /** Of `SharedOverloadState`. */
  readonly overloadState: SharedArrayBuffer;
  readonly overload: OverloadWorkerSettings;
  /** See `useEnvoyHeaderPrefix`. */
  readonly headerPrefix: string;
  /** See `useInlineHeaders`. */
  readonly inlineHeaders: InlineHeaders;
  /** Where the worker shows that it lives; undefined: nobody watches. */
  readonly heartbeats: HeartbeatPage | undefined;
  /** See `SharedSlots`. */
  readonly sharedSlots: SharedArrayBuffer;
  readonly accessLogFlushMs: number;
  /** See `SecretLookup.ticketSeed`. */
  readonly ticketSeed: Uint8Array;
}

/**
 * Where a listener listens. `port` is never 0 here, except for the first worker on a new socket. `shared`: the main thread has the socket
 * and gives it to every worker (`SharedSockets`).
 */
export type SocketSpec =
  | {
      readonly kind: "tcp";
      /** Identity over updates: `host:port` as configured. */
      readonly key: string;
      readonly host: string;
      readonly port: number;
      readonly ipv6Only: boolean;
      readonly backlog: number;
      readonly reusePort: boolean;
      /** Of connections that are accepted; undefined: off. */
      readonly keepalive: KeepaliveConfig | undefined;
      readonly bypassesOverload: boolean;
      readonly shared: boolean;
    }
  | {
      readonly kind: "pipe";
      readonly key: string;
      readonly path: string;
      readonly mode: number;
      readonly bypassesOverload: boolean;
      readonly shared: boolean;
    };

export interface ListenerSpec {
  /** One per accepted configuration; a listener that is updated gets a new one. */
  readonly id: number;
  readonly name: string;
  /** `listener.<this>.` */
  readonly statName: string;
  /** The encoded Listener. */
  readonly bytes: Uint8Array;
  readonly sockets: readonly SocketSpec[];
  /** Of `ConnectionBalance`, by the order of `sockets`; undefined: a worker keeps what it accepts. */
  readonly balance: SharedArrayBuffer | undefined;
}

/** Main → worker. Each is acknowledged when it is in force. */
export type WorkerCommand =
  | {
      readonly type: "cluster";
      readonly config: ClusterConfig;
      readonly breakers: SharedArrayBuffer;
      readonly drops: SharedArrayBuffer;
      readonly hosts: readonly HostSpec[];
      readonly policy: AssignmentPolicy;
    }
  | {
      readonly type: "hosts";
      readonly cluster: string;
      readonly hosts: readonly HostSpec[];
      readonly policy: AssignmentPolicy;
    }
  | { readonly type: "remove-cluster"; readonly cluster: string }
  /** `bytes`: an encoded RouteConfiguration. */
  | { readonly type: "route"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-route"; readonly name: string }
  /** `bytes`: an encoded ScopedRouteConfigurationsList, all scopes of the source. */
  | { readonly type: "scopes"; readonly source: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-scopes"; readonly source: string }
  /** `bytes`: an encoded TypedExtensionConfig; undefined: its source has none any more. */
  | { readonly type: "extension-config"; readonly key: string; readonly bytes: Uint8Array | undefined }
  | { readonly type: "remove-extension-config"; readonly key: string }
  /** The answer to a "want". */
  | { readonly type: "wanted"; readonly id: number; readonly outcome: OnDemandOutcome }
  /** `bytes`: an encoded Secret without file names. */
  | { readonly type: "secret"; readonly key: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-secret"; readonly key: string }
  /** What leads to another worker or to the main thread: see `WorkerDescriptors`. */
  | { readonly type: "descriptor-channel"; readonly peer: number; readonly fd: number }
  | { readonly type: "listener"; readonly spec: ListenerSpec }
  | { readonly type: "remove-listener"; readonly name: string }
  /** Ends what is left of drained configurations, but for connections on the chains of these keys. */
  | { readonly type: "close-listener"; readonly id: number; readonly kept: readonly string[] | undefined }
  /** Tells the connections of these listeners that they are to end in the course of the drain time. */
  | { readonly type: "drain-listeners"; readonly names: readonly string[] }
  /** Stops accepting on these listeners; connections live on. */
  | { readonly type: "stop-listeners"; readonly names: readonly string[] }
  /** Stops accepting everywhere; connections end as soon as they can. */
  | { readonly type: "end-listeners" }
  | { readonly type: "runtime"; readonly values: RuntimeValues }
  /** An overload action has gone further or not as far: `SharedOverloadState` says how far. */
  | { readonly type: "overload" }
  | { readonly type: "log-level"; readonly level: string }
  /** Starts a profile of V8, or ends it and writes it behind a path. */
  | {
      readonly type: "profile";
      readonly kind: ProfileKind;
      /** "start", or the path. */
      readonly action: string;
    }
  /** The main thread reads no stats of this release of the worker's, nor of earlier ones. */
  | { readonly type: "stats-forgotten"; readonly release: number }
  | { readonly type: "reopen-logs" }
  | { readonly type: "flush" };

export interface WorkerRequest {
  readonly sequence: number;
  readonly command: WorkerCommand;
}

/** Worker → main. */
export type WorkerReport =
  | { readonly type: "ready" }
  /** `problems` is empty when the command is in force. */
  | {
      readonly type: "done";
      readonly sequence: number;
      readonly problems: readonly string[];
      readonly ports: Readonly<Record<string, number>>;
    }
  | { readonly type: "stats"; readonly definitions: readonly StatDefinition[] }
  | { readonly type: "stats-released"; readonly release: StatsRelease }
  /** `host`: its key. */
  | {
      readonly type: "outlier-sign";
      readonly cluster: string;
      readonly host: string;
      readonly detection: OutlierSign;
    }
  | { readonly type: "load-metrics"; readonly cluster: string; readonly metrics: readonly LoadMetric[] }
  | { readonly type: "health-check-fail"; readonly cluster: string; readonly host: string }
  | { readonly type: "drained"; readonly listenerId: number }
  /** Something is missing that can be had on demand; answered by "wanted". */
  | { readonly type: "want"; readonly id: number; readonly want: OnDemandWant }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string }
  /** Encoded entries for a gRPC sink; `sink` is its compiled configuration as JSON. */
  | {
      readonly type: "telemetry";
      readonly kind: "access-log" | "spans";
      readonly sink: string;
      readonly entries: Uint8Array;
      readonly count: number;
    };
