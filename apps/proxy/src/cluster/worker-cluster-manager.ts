import type { Clock, LocalInfo, Log, Random, Runtime, StatsScope } from "@sluice/extension-api";
import type { TimerQueue } from "../event/timer-queue.ts";
import { http2StatsOnce } from "../http/h2/http2-stats.ts";
import {
  type AssignmentPolicy,
  DEFAULT_ASSIGNMENT_POLICY,
  type HostSet,
  localityKey,
} from "../load-balancer/host-set.ts";
import type { LoadBalancer, LoadBalancerConfig, PolicyContext } from "../load-balancer/load-balancer.ts";
import { createLoadBalancerStats } from "../load-balancer/load-balancer-stats.ts";
import { type LoadMetric, LoadMetricsOutbox } from "../orca/load-metrics-outbox.ts";
import { LoadShedPoint, type OverloadDecision } from "../overload/overload-state.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import { leaseStats, type StatsLease } from "../stats/thread-stats.ts";
import { AggregateLoadBalancer } from "./aggregate-load-balancer.ts";
import { bareHost } from "./bare-host.ts";
import { circuitBreakers } from "./circuit-breaker.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import { clusterDrops, clusterDropsPage } from "./cluster-drops.ts";
import type { ClusterPolicies } from "./cluster-policies.ts";
import { createClusterStatsIn } from "./cluster-stats.ts";
import { CompositeLoadBalancer } from "./composite-load-balancer.ts";
import { createConnector } from "./connect-upstream.ts";
import { LazyCluster } from "./lazy-cluster.ts";
import { OriginalDstLoadBalancer } from "./original-dst-load-balancer.ts";
import type { OutlierSign } from "./outlier/outlier-config.ts";
import { preconnectRule } from "./preconnect-rule.ts";
import { PredictivePreconnect } from "./predictive-preconnect.ts";
import { printAddress } from "./print-address.ts";
import { responseHeadLimits } from "./response-head-limits.ts";
import { responseReader } from "./response-reader.ts";
import type { ClusterInfo, Host, ThreadLocalClusterManager } from "./thread-local-cluster.ts";
import { createTrackedStats } from "./tracked-stats.ts";
import { WorkerCluster } from "./worker-cluster.ts";
import { type HostReports, WorkerHost } from "./worker-host.ts";

export interface WorkerClusterManagerOptions {
  readonly stats: StatsScope;
  readonly random: Random;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly runtime: Runtime;
  readonly extensions: ExtensionRegistry;
  readonly secrets: SecretLookup;
  readonly log: Log;
  /** Undefined: never overloaded. */
  readonly overload?: OverloadDecision;
  readonly workerIndex: number;
  readonly localInfo: Pick<LocalInfo, "region" | "zone" | "subZone">;
  /** Name of the cluster that the proxies themselves form, for zone-aware routing; "": none. */
  readonly localCluster: string;
  /** Of `UpstreamHttpConfig.policies`; `scope`: the cluster's; `onClose` is told what ends with them. */
  compilePolicies(
    encoded: Uint8Array,
    scope: StatsScope,
    onClose: (release: () => void) => void,
  ): ClusterPolicies;
  /** Outlier detection: a host's failures in a row have reached their threshold. */
  onOutlierSign?(cluster: string, host: string, type: OutlierSign): void;
  /** A host's answer said that it is to be taken out. */
  onHealthCheckFail?(cluster: string, host: string): void;
  /** Metrics of hosts' load reports, for the load reports of this proxy. */
  onLoadMetrics?(cluster: string, metrics: readonly LoadMetric[]): void;
  /** Told of hosts whose pools are to drain at once, because they left or because the host set changed. */
  onHostsRemoved?(hosts: readonly Host[]): void;
  /** With `close_connections_on_host_health_failure`: told of hosts whose TCP sessions are to end. */
  onHostsFailed?(hosts: readonly Host[]): void;
}

/** What a cluster has in shared memory, beside its hosts. */
interface ClusterPages {
  readonly breakers: SharedArrayBuffer;
  readonly drops: SharedArrayBuffer;
}

/** All clusters of one worker; driven by messages of the main thread. */
export class WorkerClusterManager implements ThreadLocalClusterManager {
  readonly #clusters = new Map<string, LazyCluster>();
  /** Of each cluster, over all its configurations. */
  readonly #leases = new Map<string, { readonly statName: string; readonly lease: StatsLease }>();
  /** What the policies of each cluster hold, until those of its next configuration do: counters go on. */
  readonly #policyReleases = new Map<string, (() => void)[]>();
  readonly #options: WorkerClusterManagerOptions;
  readonly #locality: string;
  /** Another number whenever some cluster's hosts change. */
  #generation = 0;

  constructor(options: WorkerClusterManagerOptions) {
    this.#options = options;
    const { region, zone, subZone } = options.localInfo;
    this.#locality = localityKey(region, zone, subZone);
  }

  get(name: string): LazyCluster | undefined {
    return this.#clusters.get(name);
  }

  has(name: string): boolean {
    return this.#clusters.has(name);
  }

  /** Puts a cluster in place of the one with its name, hosts and all. */
  set(
    config: ClusterConfig,
    breakers: SharedArrayBuffer,
    hosts: readonly HostSpec[],
    policy: AssignmentPolicy = DEFAULT_ASSIGNMENT_POLICY,
    drops = clusterDropsPage(this.#options.workerIndex + 1),
  ): void {
    const old = this.#clusters.get(config.name);
    // First, so that what it counted in gauges is given back before the new one counts.
    old?.close();
    this.#generation++;
    const lease = this.#leaseOf(config);
    const create = (): WorkerCluster => this.#create(config, { breakers, drops }, lease);
    const cluster = new LazyCluster(create, hosts, policy, this.#localSet());
    this.#clusters.set(config.name, cluster);
    const { type, config: settings } = config.loadBalancer;
    const balancer = this.#options.extensions.find("envoy.load_balancing_policies", type)?.factory;
    if (balancer?.countsHosts === true || balancer?.timesHosts?.(settings) === true) cluster.make();
    this.#onLocalChange(config.name);
  }

  /** One that is new, or that goes by another name now, starts at zero. */
  #leaseOf({ name, statName }: ClusterConfig): StatsLease {
    const known = this.#leases.get(name);
    if (known?.statName === statName) return known.lease;
    const lease = leaseStats(this.#options.stats);
    this.#leases.set(name, { statName, lease });
    known?.lease.release();
    return lease;
  }

  #create(config: ClusterConfig, pages: ClusterPages, lease: StatsLease): WorkerCluster {
    const { random, runtime, workerIndex } = this.#options;
    const scope = lease.root.scope("cluster").scope(config.statName);
    const releases: (() => void)[] = [];
    const balancer = this.#clusterBalancer(config, scope);
    const info = this.#info(config, pages, balancer, scope, releases);
    return new WorkerCluster({
      config,
      info,
      balancer,
      random,
      runtime,
      workerIndex,
      locality: this.#locality,
      hostStats: config.perEndpointStats ? scope : undefined,
      reports: {
        onOutlierSign: (host, type) => this.#options.onOutlierSign?.(config.name, host, type),
        onHealthCheckFail: (host) => this.#options.onHealthCheckFail?.(config.name, host),
      },
      onHostsRemoved: (gone) => this.#options.onHostsRemoved?.(gone),
      onHostsFailed: (failing) => this.#options.onHostsFailed?.(failing),
      releases,
    });
  }

  setHosts(name: string, hosts: readonly HostSpec[], policy: AssignmentPolicy): void {
    this.#generation++;
    this.#clusters.get(name)?.setHosts(hosts, policy, this.#localSet());
    this.#onLocalChange(name);
  }

  remove(name: string): void {
    const old = this.#clusters.get(name);
    this.#generation++;
    this.#clusters.delete(name);
    old?.close();
    this.#leases.get(name)?.lease.release();
    this.#leases.delete(name);
    this.#releasePolicies(name);
  }

  #releasePolicies(name: string): void {
    const releases = this.#policyReleases.get(name) ?? [];
    this.#policyReleases.delete(name);
    for (const release of releases) release();
  }

  #localSet(): HostSet | undefined {
    return this.#clusters.get(this.#options.localCluster)?.hostSets[0];
  }

  /** Zone-aware routing of all clusters goes by the local cluster's hosts. */
  #onLocalChange(name: string): void {
    if (name !== this.#options.localCluster) return;
    const local = this.#localSet();
    for (const cluster of this.#clusters.values()) cluster.setLocal(local);
  }

  #clusterBalancer(config: ClusterConfig, scope: StatsScope): LoadBalancer {
    const { random, runtime, timers } = this.#options;
    const { discovery } = config;
    switch (discovery.kind) {
      case "aggregate":
        return new AggregateLoadBalancer({
          clusters: discovery.clusters,
          get: (name) => this.#clusters.get(name),
          generation: () => this.#generation,
          random,
          runtime,
          panicThreshold: config.commonLb.panicThreshold,
        });
      case "composite":
        return new CompositeLoadBalancer({
          clusters: discovery.clusters,
          get: (name) => this.#clusters.get(name),
        });
      case "original_dst":
        return new OriginalDstLoadBalancer({
          config: discovery,
          scope,
          timers,
          createHost: (ip, port) => this.#ownHost(config, ip, port),
          onHostsRemoved: (gone) => this.#options.onHostsRemoved?.(gone),
        });
      default:
        return this.#balancer(config, config.loadBalancer, scope);
    }
  }

  /** A host that no other thread knows of. */
  #ownHost(config: ClusterConfig, ip: string, port: number): WorkerHost {
    const { workerIndex } = this.#options;
    const spec = bareHost(printAddress(ip, port), { host: ip, port }, workerIndex + 1);
    const reports: HostReports = { onOutlierSign() {}, onHealthCheckFail() {} };
    const host = new WorkerHost(spec, workerIndex, undefined, reports);
    host.cluster = this.#clusters.get(config.name)?.info;
    return host;
  }

  #balancer(
    config: ClusterConfig,
    policy: LoadBalancerConfig,
    scope: StatsScope,
    byLocality = false,
  ): LoadBalancer {
    const { random, clock, timers, runtime, extensions, workerIndex } = this.#options;
    const found = extensions.find("envoy.load_balancing_policies", policy.type);
    if (found === undefined) throw new Error(`load-balancing policy ${policy.type} was not checked`);
    const context: PolicyContext = {
      stats: createLoadBalancerStats(scope),
      scope,
      workerIndex,
      random,
      clock,
      timers,
      runtime,
      panicThreshold: config.commonLb.panicThreshold,
      byLocality,
      createNested: (nested, within) => this.#balancer(config, nested, scope, within ?? byLocality),
    };
    return found.factory.create(policy.config, context);
  }

  #policies({ name, http }: ClusterConfig, scope: StatsScope): ClusterPolicies | undefined {
    const releases: (() => void)[] = [];
    const policies =
      http.policies === undefined
        ? undefined
        : this.#options.compilePolicies(http.policies, scope, (release) => releases.push(release));
    this.#releasePolicies(name);
    if (releases.length > 0) this.#policyReleases.set(name, releases);
    return policies;
  }

  #info(
    config: ClusterConfig,
    pages: ClusterPages,
    balancer: LoadBalancer,
    scope: StatsScope,
    releases: (() => void)[],
  ): ClusterInfo {
    const { secrets, extensions, log, clock, timers, random, runtime, overload } = this.#options;
    const { http } = config;
    const head = responseHeadLimits(http, runtime);
    const metrics =
      config.loadMetrics.length === 0
        ? undefined
        : new LoadMetricsOutbox(config.loadMetrics, timers, (each) =>
            this.#options.onLoadMetrics?.(config.name, each),
          );
    if (metrics !== undefined) releases.push(() => metrics.close());
    const reader = responseReader(() => balancer.onLoadReport, metrics);
    const http2Stats = http2StatsOnce(scope);
    return Object.freeze({
      name: config.name,
      statName: config.statName,
      metadata: config.metadata,
      maintenanceModeKey: `upstream.maintenance_mode.${config.name}`,
      connectTimeoutMs: config.connectTimeoutMs,
      bufferLimitBytes: config.bufferLimitBytes,
      highWatermarkTimeoutMs: config.highWatermarkTimeoutMs,
      http,
      policies: this.#policies(config, scope),
      http1: {
        ...http.http1,
        headBytesMax: head.http1Bytes,
        headersMax: head.fields,
      },
      http2:
        http.protocol === "http1"
          ? undefined
          : {
              options: http.http2,
              get stats() {
                return http2Stats();
              },
              context: { clock, timers, random },
              headBytesMax: head.http2Bytes,
              headersMax: head.fields,
            },
      preconnectRatio: config.connection.preconnectRatio,
      predictive:
        config.connection.predictiveRatio > 1
          ? new PredictivePreconnect(config.connection.predictiveRatio, () => balancer.peek?.())
          : undefined,
      preconnects: preconnectRule(config.connection.preconnectMatcher),
      shedsConnection: () => overload?.sheds(LoadShedPoint.UpstreamConnection) === true,
      poolPerDownstreamConnection: config.connection.poolPerDownstreamConnection,
      stats: createClusterStatsIn(scope),
      tracked: createTrackedStats(scope, config.tracked),
      closesOnHealthFailure: config.closesOnHealthFailure,
      // A policy may come to know only with its first hosts that it listens.
      get onResponse() {
        return balancer.onLoadReport === undefined && metrics === undefined ? undefined : reader;
      },
      circuitBreakers: circuitBreakers(
        pages.breakers,
        this.#options.workerIndex,
        config,
        this.#options.runtime,
        this.#options.clock,
      ),
      drops: clusterDrops(pages.drops, this.#options.workerIndex),
      connect: createConnector(config, {
        secrets,
        extensions,
        stats: scope,
        onError: (message) => log.error(`cluster '${config.name}': ${message}`),
        onClose: (release) => releases.push(release),
      }),
    });
  }
}
