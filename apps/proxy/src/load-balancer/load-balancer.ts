import type { Clock, Compiled, Random, Runtime, StatsScope, Timers } from "@sluice/extension-api";
import type { LoadBalancingPolicy } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Host, LoadBalancerContext } from "../cluster/thread-local-cluster.ts";
import type { LoadReportNeed } from "../orca/load-report-need.ts";
import type { OrcaReport } from "../orca/orca-report.ts";
import type { ManifestOf } from "../registry/extension-registry.ts";
import type { HostSet } from "./host-set.ts";
import type { LoadBalancerStats } from "./load-balancer-stats.ts";

/** A cluster's policy with its configuration, as plain data: it is compiled on the main thread and used in each worker. */
export interface LoadBalancerConfig {
  /** Full message name; finds the extension. */
  readonly type: string;
  /** What the extension's `compile` gave. */
  readonly config: unknown;
}

/**
 * Picks hosts of one cluster in one worker. `update` is called once before the first `choose`, then whenever hosts, their
 * health, weights or metadata change; everything that can be computed beforehand is computed there.
 */
export interface LoadBalancer {
  /** `sets`: one per priority, without gaps, at least one. `local`: priority 0 of the local cluster, for zone-aware routing. */
  update(sets: readonly HostSet[], local: HostSet | undefined): void;
  /** Undefined: no host may be used. */
  choose(context: LoadBalancerContext): Host | undefined;
  /**
   * The host that `choose` will give after those already foreseen; undefined: it cannot be told now. Absent where the policy
   * never can.
   */
  peek?(): Host | undefined;
  /** For policies that go by load reports: one came with a response. */
  readonly onLoadReport: LoadReportObserver | undefined;
  /** Ends timers, gives back gauges. */
  close(): void;
}

/** `host`: whose report it is. */
export type LoadReportObserver = (host: Host, report: OrcaReport) => void;

/** What `load` of an extension of category `envoy.load_balancing_policies` gives. `C` is plain data (structured clone). */
export interface LoadBalancingPolicyFactory<C = unknown> {
  compile(message: unknown, context: PolicyCompileContext): Compiled<C>;
  create(config: C, context: PolicyContext): LoadBalancer;
  /** Its stats tell of hosts, not of requests: workers make it before its cluster is used. Default false. */
  readonly countsHosts?: boolean;
  /** Whether hosts' shares go by the time since they came: then, too, workers make it before its cluster is used. Default: no. */
  timesHosts?(config: C): boolean;
}

export type LoadBalancingPolicyManifest = ManifestOf<"envoy.load_balancing_policies">;

export interface PolicyCompileContext {
  /** Of the policy's own message; problems begin with it. */
  readonly path: string;
  /** Compiles a nested policy: the first that is known. */
  compileNested(policy: LoadBalancingPolicy | undefined, path: string): Compiled<LoadBalancerConfig>;
  /** The policy goes by load reports: hosts get room for them, and are asked for them where that is wanted. */
  wantLoadReports(need: LoadReportNeed): void;
}

/** One per cluster configuration and worker. */
export interface PolicyContext {
  readonly stats: LoadBalancerStats;
  /** `cluster.<name>.` */
  readonly scope: StatsScope;
  /** 0-based. A gauge that is the same in every worker is set by worker 0 only: workers' gauges add up. */
  readonly workerIndex: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly runtime: Runtime;
  /** `common_lb_config.healthy_panic_threshold`, percent; default 50. */
  readonly panicThreshold: number;
  /** The policy around this one wants localities to be drawn by their weights first. */
  readonly byLocality: boolean;
  createNested(config: LoadBalancerConfig, byLocality?: boolean): LoadBalancer;
}

/** Picks among the hosts of one priority, health and (perhaps) locality; made anew when these change. */
export interface HostPicker {
  pick(context: LoadBalancerContext): Host | undefined;
}

/** A whole number in [0, bound). */
export function below(random: Random, bound: number): number {
  return random.uint32() % bound;
}

declare module "../registry/extension-registry.ts" {
  interface ExtensionFactories {
    "envoy.load_balancing_policies": LoadBalancingPolicyFactory;
  }
}
