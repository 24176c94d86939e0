import { isDeepStrictEqual } from "node:util";
import type { Clock, Log, Random, Runtime, StatsScope } from "@sluice/extension-api";
import { type Cluster, ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { UpstreamTlsContextSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { findMessages } from "../config-message/find-messages.ts";
import type { TimerQueue } from "../event/timer-queue.ts";
import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import { hostLoadPage } from "../orca/host-load.ts";
import type { LoadMetric } from "../orca/load-metrics-outbox.ts";
import { setChanged } from "../stats/slot-pages.ts";
import { BreakerGauges } from "./breaker-gauges.ts";
import { circuitBreakerPage } from "./circuit-breaker.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import { clusterDropsPage } from "./cluster-drops.ts";
import { createClusterStatsIn } from "./cluster-stats.ts";
import type { CompiledCluster } from "./compile-cluster.ts";
import type { EndpointSpec } from "./compile-endpoints.ts";
import type { Connector } from "./connect-upstream.ts";
import type { Resolve } from "./dns-discovery.ts";
import type { EndpointDiscovery } from "./endpoint-discovery.ts";
import type { EndpointTaker } from "./endpoint-taker.ts";
import { followAssignment } from "./follow-assignment.ts";
import { ClusterHealth } from "./health/cluster-health.ts";
import { changedPriorities, sameHosts } from "./host-changes.ts";
import { HostIdentities } from "./host-identities.ts";
import { HostLoadMetrics } from "./host-load-metrics.ts";
import { hostStatsPage, sumHostSlot } from "./host-stats.ts";
import { OutOfBandReports } from "./out-of-band/out-of-band-reports.ts";
import type { OutlierSign } from "./outlier/outlier-config.ts";
import type { SuccessRateBar } from "./outlier/outlier-detector.ts";
import { resolveEndpoints } from "./resolve-endpoints.ts";
import type { ClusterStats } from "./thread-local-cluster.ts";
import { type CountMatch, transportSocketCount } from "./transport-socket-finder.ts";

export interface ManagedClusterOptions {
  readonly compiled: CompiledCluster;
  readonly message: Cluster;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly concurrency: number;
  /** `cluster.<name>.` of the main thread. */
  readonly stats: StatsScope;
  readonly random: Random;
  readonly resolve: Resolve;
  readonly endpoints: EndpointDiscovery;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly runtime: Runtime;
  /** How the main thread connects to it; `onClose` is told what ends with the cluster. */
  createConnector(
    config: ClusterConfig,
    stats: StatsScope,
    onClose: (release: () => void) => void,
  ): Connector;
  appendLine(path: string, line: string): void;
  defineText(name: string): void;
  setText(name: string, text: string): void;
  readonly outlierEventLogPath: string;
  readonly log: Log;
  /** The hosts are known for the first time (or the wait for them is over), and at each later change. */
  onHosts(cluster: ManagedCluster): void;
}

/** One configuration of one cluster on the main thread: its discovery and its hosts. */
export class ManagedCluster {
  readonly config: ClusterConfig;
  readonly message: Cluster;
  readonly source: "static" | "dynamic";
  readonly version: string;
  readonly updatedAt = new Date();
  /** Some of its connections may be of TLS. */
  readonly usesTls: boolean;
  readonly breakers: SharedArrayBuffer;
  /** See `ClusterDrops`. */
  readonly drops: SharedArrayBuffer;
  readonly loadMetrics = new HostLoadMetrics();
  hosts: readonly HostSpec[] = [];
  assignmentPolicy: AssignmentPolicy;
  /** Its hosts are known, or it was decided not to wait longer. */
  initialized = false;
  readonly #options: ManagedClusterOptions;
  #connector: Connector | undefined = undefined;
  #ownStats: ClusterStats | undefined = undefined;
  #breakerGauges: BreakerGauges | undefined = undefined;
  readonly #countSocket: CountMatch;
  readonly #stops: (() => void)[] = [];
  readonly #health: ClusterHealth;
  /** Undefined: hosts are not asked for load reports. */
  readonly #outOfBand: OutOfBandReports | undefined;
  readonly #identities: HostIdentities;

  constructor(options: ManagedClusterOptions) {
    this.#options = options;
    this.config = options.compiled.config;
    this.message = options.message;
    this.source = options.source;
    this.version = options.version;
    const { transportSocket, transportSocketMatches } = this.config;
    this.usesTls =
      (transportSocket !== undefined || transportSocketMatches.length > 0) &&
      findMessages(ClusterSchema, options.message, UpstreamTlsContextSchema).length > 0;
    this.breakers = circuitBreakerPage(options.concurrency, this.config.thresholds);
    this.drops = clusterDropsPage(options.concurrency);
    this.assignmentPolicy = options.compiled.assignment.policy;
    this.#countSocket = transportSocketCount(this.config, options.stats);
    const { compiled, clock, timers, random, runtime, stats, concurrency, appendLine } = options;
    this.#health = new ClusterHealth({
      clusterName: compiled.config.name,
      checks: compiled.healthChecks,
      outlier: compiled.config.outlier,
      outlierEventLogPath: options.outlierEventLogPath,
      keepHealthyRemoved: !compiled.ignoreHealthOnHostRemoval,
      ignoreNewHosts: compiled.ignoreNewHostsUntilFirstCheck,
      secure: compiled.config.transportSocket !== undefined,
      concurrency,
      connectTimeoutMs: compiled.config.connectTimeoutMs,
      clock,
      timers,
      random,
      runtime,
      stats,
      appendLine,
      connect: (host, connectTo, alpn) =>
        this.connector({ ...host, connectTo }, alpn === undefined ? undefined : { alpn }),
      hadTraffic: () => this.hosts.some((host) => sumHostSlot(host.page, "cx_total") > 0),
      onChange: () => this.#onHealth(),
    });
    this.#identities = new HostIdentities(this.config.discovery.kind, (old, endpoint) =>
      this.#health.isCheckedOtherwise(old, endpoint),
    );
    const { loadReports: need } = compiled;
    this.#outOfBand =
      need?.outOfBand === undefined
        ? undefined
        : new OutOfBandReports({
            ...{ clusterName: compiled.config.name, clock, timers, random, stats },
            ...{ weigh: need.weigh, config: need.outOfBand },
            connect: (host, connectTo) => this.connector({ ...host, connectTo }, { alpn: ["h2"] }),
          });
  }

  /** The main thread's own way to its hosts; made when first asked for. */
  get connector(): Connector {
    this.#connector ??= this.#options.createConnector(this.config, this.#options.stats, (release) =>
      this.onStop(release),
    );
    return this.#connector;
  }

  /** What the main thread counts of its own ways to the hosts. */
  get ownStats(): ClusterStats {
    this.#ownStats ??= createClusterStatsIn(this.#options.stats);
    return this.#ownStats;
  }

  /** Gauges that are worked out when somebody reads them; of a cluster in service. */
  refreshGauges(): void {
    if (this.#breakerGauges === undefined) {
      const { stats, runtime } = this.#options;
      stats.gauge("warming_state").set(0);
      this.#breakerGauges = new BreakerGauges(this.breakers, this.config, stats, runtime);
    }
    this.#breakerGauges.refresh();
  }

  start(): void {
    const { discovery } = this.config;
    switch (discovery.kind) {
      case "static":
        this.#setEndpoints(this.#options.compiled.assignment.endpoints);
        return;
      case "eds":
        this.onStop(
          followAssignment(discovery, { ...this.#options, clusterName: this.config.name }, this.#taker()),
        );
        return;
      case "aggregate":
      case "composite":
      case "original_dst":
        this.#initialize();
        return;
      case "strict_dns":
      case "logical_dns": {
        const { endpoints } = this.#options.compiled.assignment;
        this.onStop(resolveEndpoints(discovery, endpoints, this.#options, this.#taker()));
      }
    }
  }

  /** `release` runs when the cluster goes. */
  onStop(release: () => void): void {
    this.#stops.push(release);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#outOfBand?.stop();
    this.#health.stop();
  }

  /** What a worker saw of a host. */
  onOutlierSign(key: string, type: OutlierSign): void {
    this.#health.onOutlierSign(key, type);
  }

  /** What a worker read in responses. */
  onLoadMetrics(metrics: readonly LoadMetric[]): void {
    const known = new Set(this.hosts.map(({ key }) => key));
    this.loadMetrics.add(metrics, (key) => known.has(key));
  }

  failHealthCheck(key: string): void {
    this.#health.failAtOnce(key);
  }

  /** In percent, of the last interval; -1: not known. */
  successRates(key: string): { readonly external: number; readonly local: number } {
    return this.#health.successRates(key);
  }

  /** What success rates are held against; `undefined` without outlier detection. */
  successRateBar(local: boolean): SuccessRateBar | undefined {
    return this.#health.successRateBar(local);
  }

  #taker(): EndpointTaker {
    return {
      initialized: () => this.initialized,
      settle: () => this.#initialize(),
      take: (endpoints, policy) => this.#setEndpoints(endpoints, policy),
    };
  }

  #initialize(): void {
    if (this.initialized) return;
    this.#setEndpoints([]);
  }

  /** Hosts that stay keep their figures. */
  #setEndpoints(endpoints: readonly EndpointSpec[], policy: AssignmentPolicy = this.assignmentPolicy): void {
    const { loadReports } = this.#options.compiled;
    const { identified, replaced } = this.#identities.identify(endpoints, this.hosts);
    const next = identified.map(({ endpoint, key, host }): HostSpec => {
      if (host === undefined) this.#countSocket(endpoint, {});
      return {
        ...endpoint,
        ...(loadReports === undefined ? {} : { loadPage: host?.loadPage ?? hostLoadPage() }),
        key,
        page: host?.page ?? hostStatsPage(this.#options.concurrency),
      };
    });
    this.#health.update(next, replaced);
    const hosts = this.#health.hosts();
    const samePolicy = isDeepStrictEqual(policy, this.assignmentPolicy);
    if (this.initialized && samePolicy && sameHosts(this.hosts, hosts)) {
      this.#options.stats.counter("update_no_rebuild").inc();
      return;
    }
    const changed = changedPriorities(this.hosts, hosts);
    this.loadMetrics.forgetOthers(new Set(hosts.map(({ key }) => key)));
    this.hosts = hosts;
    if (!samePolicy) this.assignmentPolicy = policy;
    if (this.config.discovery.kind === "eds" || this.config.discovery.kind === "strict_dns") {
      const greatest = hosts.reduce((most, { weight }) => Math.max(most, weight), 1);
      this.#options.stats.gauge("max_host_weight").set(greatest);
    }
    this.#options.stats.counter("membership_change").add(changed);
    this.#publish();
  }

  #onHealth(): void {
    const hosts = this.#health.hosts();
    // One that was kept for its health alone may be gone.
    this.#options.stats.counter("membership_change").add(changedPriorities(this.hosts, hosts));
    this.hosts = hosts;
    this.#publish();
  }

  /** Tells of the hosts, the first time once each was checked. */
  #publish(): void {
    const { stats } = this.#options;
    const { hosts } = this;
    const hostless = HOSTLESS.has(this.config.discovery.kind);
    const tell = (name: string, count: number): void =>
      hostless ? setChanged(stats.gauge(name), count) : stats.gauge(name).set(count);
    tell("membership_total", hosts.length);
    tell("membership_healthy", hosts.filter((host) => host.health === "healthy").length);
    tell("membership_degraded", hosts.filter((host) => host.health === "degraded").length);
    tell("membership_excluded", hosts.filter((host) => host.excluded).length);
    if (!this.initialized && !this.#health.firstRoundDone) return;
    this.initialized = true;
    this.#outOfBand?.setHosts(hosts);
    this.#options.onHosts(this);
  }
}

/** Of hosts that others have, or that requests bring. As Envoy, which tells of them only where it is given some. */
const HOSTLESS: ReadonlySet<string> = new Set(["aggregate", "composite", "original_dst"]);
