import type { LocalInfo } from "@sluice/extension-api";
import type { ClusterCommand } from "../../cluster/cluster-command.ts";
import type { OutlierSign } from "../../cluster/outlier/outlier-config.ts";
import type { DescriptorCommand } from "../../descriptor/descriptor-command.ts";
import type { DrainTiming } from "../../filter-chain/listener-drain.ts";
import type { TelemetryReport } from "../../grpc/telemetry-outbox.ts";
import type { InlineHeaders } from "../../http/inline-headers.ts";
import type { ListenerCommand } from "../../listener/listener-command.ts";
import type { LoadMetric } from "../../orca/load-metrics-outbox.ts";
import type { OverloadWorkerSettings } from "../../overload/overload-settings.ts";
import type { RuntimeValues } from "../../runtime/runtime-snapshot.ts";
import type { SecretCommand } from "../../secret/secret-command.ts";
import type { StatDefinition, StatsRelease } from "../../stats/thread-stats.ts";
import type { HeartbeatPage } from "../../watchdog/heartbeats.ts";
import type { DiscoveryCommand } from "../../xds/discovery-command.ts";
import type { OnDemandOutcome, OnDemandWant } from "../../xds/on-demand-requests.ts";
import type { ProfileKind } from "./profiler.ts";

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

/** Main → worker. Each is acknowledged when it is in force. */
export type WorkerCommand =
  | ClusterCommand
  | DescriptorCommand
  | DiscoveryCommand
  | ListenerCommand
  | SecretCommand
  /** The answer to a "want". */
  | { readonly type: "wanted"; readonly id: number; readonly outcome: OnDemandOutcome }
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
  | TelemetryReport;
