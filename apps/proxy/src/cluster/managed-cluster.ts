import { isDeepStrictEqual } from "node:util";
import type { Clock, Log, Random, Runtime, StatsScope } from "@sluice/extension-api";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { AssignmentPolicy } from "../load-balancer/host-set.ts";
import { hostLoadPage } from "../orca/host-load.ts";
import type { LoadMetric } from "../orca/load-metrics-outbox.ts";
import type { TimerQueue } from "../worker/timer-queue.ts";
import { isFile, isStreamed } from "../xds/config-source.ts";
import { recordUpdate, UPDATE_DURATION } from "../xds/update-duration.ts";
import { hashVersion } from "../xds/version-hash.ts";
import { BreakerGauges } from "./breaker-gauges.ts";
import { circuitBreakerPage } from "./circuit-breaker.ts";
import type { ClusterConfig, Discovery, HostSpec } from "./cluster-config.ts";
import { clusterDropsPage } from "./cluster-drops.ts";
import { createClusterStatsIn } from "./cluster-stats.ts";
import type { CompiledCluster } from "./compile-cluster.ts";
import type { EndpointSpec, LoadAssignment } from "./compile-endpoints.ts";
import type { Connector } from "./connect-upstream.ts";
import { DnsPoller, FailureBackOff, type Resolve } from "./dns-discovery.ts";
import type { EndpointDiscovery } from "./endpoint-discovery.ts";
import { ClusterHealth } from "./health/cluster-health.ts";
import { changedPriorities, sameHosts } from "./host-changes.ts";
import { HostLoadMetrics } from "./host-load-metrics.ts";
import { hostStatsPage, sumHostSlot } from "./host-stats.ts";
import { OutOfBandReports } from "./out-of-band/out-of-band-reports.ts";
import type { OutlierSign } from "./outlier/outlier-config.ts";
import type { SuccessRateBar } from "./outlier/outlier-detector.ts";
import { printAddress } from "./print-address.ts";
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
  /** The hosts' keys by what endpoints are told apart by. */
  #keys: ReadonlyMap<string, string> = new Map();
  /** Hosts that have taken the place of another one at their address. */
  #renewals = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The endpoints are forgotten when it ends (`endpoint_stale_after`). */
  #staleTimer: NodeJS.Timeout | undefined;

  constructor(options: ManagedClusterOptions) {
    this.#options = options;
    this.config = options.compiled.config;
    this.message = options.message;
    this.source = options.source;
    this.version = options.version;
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
        this.#startEds(discovery);
        return;
      case "aggregate":
      case "composite":
      case "original_dst":
        this.#initialize();
        return;
      case "strict_dns":
      case "logical_dns":
        this.#startDns();
    }
  }

  /** `release` runs when the cluster goes. */
  onStop(release: () => void): void {
    this.#stops.push(release);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#staleTimer);
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

  #startEds(discovery: Extract<Discovery, { readonly kind: "eds" }>): void {
    const { stats } = this.#options;
    const { serviceName, initialFetchTimeoutMs: timeoutMs, source } = discovery;
    for (const name of ["update_rejected", "init_fetch_timeout"]) stats.counter(name);
    stats.histogram(UPDATE_DURATION);
    this.#options.defineText(`${stats.prefix}version_text`);
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        stats.counter("init_fetch_timeout").inc();
        this.#initialize();
      }, timeoutMs);
    }
    const fromFile = isFile(source);
    const settle = (): void => {
      clearTimeout(this.#timer);
      this.#initialize();
    };
    const stop = this.#options.endpoints.watch(source, serviceName, {
      onAttempt: () => stats.counter("update_attempt").inc(),
      onUpdate: (assignment, version) => {
        clearTimeout(this.#timer);
        const sinceMs = performance.now();
        stats.counter("update_success").inc();
        if (assignment !== undefined) {
          stats.gauge("version").set(hashVersion(version));
          stats.gauge("update_time").set(Date.now());
          this.#options.setText(`${stats.prefix}version_text`, version);
          this.#onAssignment(assignment);
          if (isStreamed(source)) recordUpdate(stats, sinceMs);
          return;
        }
        if (fromFile) stats.counter("update_empty").inc();
        this.#initialize();
      },
      onRejected: (message) => {
        stats.counter("update_rejected").inc();
        this.#options.log.warn(`endpoints of '${this.config.name}': ${message}`);
        settle();
      },
      onFailure: (message) => {
        stats.counter("update_failure").inc();
        if (!fromFile) return;
        this.#options.log.warn(`endpoints of '${this.config.name}': ${message}`);
        settle();
      },
    });
    this.#stops.push(stop);
  }

  #onAssignment({ endpoints, policy, staleAfterMs }: LoadAssignment): void {
    const { stats } = this.#options;
    clearTimeout(this.#staleTimer);
    if (staleAfterMs > 0) {
      stats.counter("assignment_timeout_received").inc();
      this.#staleTimer = setTimeout(() => {
        stats.counter("assignment_stale").inc();
        this.#setEndpoints([]);
      }, staleAfterMs);
    }
    this.#setEndpoints(endpoints, policy);
  }

  #startDns(): void {
    const { discovery } = this.config;
    if (discovery.kind !== "strict_dns" && discovery.kind !== "logical_dns") return;
    const { stats, resolve, random } = this.#options;
    const { endpoints } = this.#options.compiled.assignment;
    if (endpoints.length === 0 || !discovery.waitForWarm) this.#initialize();
    const backOff = new FailureBackOff(discovery, random);
    const found: (readonly EndpointSpec[])[] = endpoints.map(() => []);
    // As Envoy: the first name that is looked up, well or not, takes the cluster into service, with what is known by then.
    const settle = (): void => this.#setEndpoints(found.flat());
    endpoints.forEach((endpoint, index) => {
      const { connectTo } = endpoint;
      if ("path" in connectTo) {
        found[index] = [endpoint];
        settle();
        return;
      }
      const poller = new DnsPoller(
        connectTo.host,
        discovery,
        {
          onAttempt: () => stats.counter("update_attempt").inc(),
          onFailure: () => {
            stats.counter("update_failure").inc();
            if (!this.initialized) settle();
          },
          onSuccess: (addresses) => {
            stats.counter("update_success").inc();
            found[index] = hostsOf(endpoint, addresses, connectTo.port, discovery.kind === "logical_dns");
            settle();
          },
        },
        resolve,
        random,
        backOff,
      );
      this.#stops.push(() => poller.stop());
      poller.start();
    });
  }

  #initialize(): void {
    if (this.initialized) return;
    this.#setEndpoints([]);
  }

  /** Hosts that stay keep their figures. */
  #setEndpoints(endpoints: readonly EndpointSpec[], policy: AssignmentPolicy = this.assignmentPolicy): void {
    const known = new Map(this.hosts.map((host) => [host.key, host]));
    const keys = new Map<string, string>();
    const next: HostSpec[] = [];
    const replaced = new Map<string, string>();
    for (const endpoint of endpoints) {
      const address = this.#nameOf(endpoint);
      let name = address;
      // Who writes an address twice has two hosts of it; of discovered ones, told apart by address, the first counts.
      if (keys.has(name) && this.config.discovery.kind === "eds") continue;
      for (let times = 2; keys.has(name); times++) name = `${address}#${times}`;
      const old = known.get(this.#keys.get(name) ?? "");
      const anew = old !== undefined && this.#isAnother(old, endpoint);
      const key = old === undefined ? name : anew ? `${name}~${++this.#renewals}` : old.key;
      keys.set(name, key);
      if (old !== undefined && anew) replaced.set(old.key, key);
      const stays = anew ? undefined : old;
      if (stays === undefined) this.#countSocket(endpoint, {});
      const { loadReports } = this.#options.compiled;
      next.push({
        ...endpoint,
        ...(loadReports === undefined ? {} : { loadPage: stays?.loadPage ?? hostLoadPage() }),
        key,
        page: stays?.page ?? hostStatsPage(this.#options.concurrency),
      });
    }
    this.#health.update(next, replaced);
    const hosts = this.#health.hosts();
    // Those that are gone but still kept may come back.
    const present = new Set(hosts.map(({ key }) => key));
    for (const [name, key] of this.#keys) if (!keys.has(name) && present.has(key)) keys.set(name, key);
    this.#keys = keys;
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
    stats.gauge("membership_total").set(hosts.length);
    stats.gauge("membership_healthy").set(hosts.filter((host) => host.health === "healthy").length);
    stats.gauge("membership_degraded").set(hosts.filter((host) => host.health === "degraded").length);
    stats.gauge("membership_excluded").set(hosts.filter((host) => host.excluded).length);
    if (!this.initialized && !this.#health.firstRoundDone) return;
    this.initialized = true;
    this.#outOfBand?.setHosts(hosts);
    this.#options.onHosts(this);
  }

  /** As Envoy: a host that is elsewhere, is called otherwise or is checked in another way is another one at the same address. */
  #isAnother(old: HostSpec, endpoint: EndpointSpec): boolean {
    const { kind } = this.config.discovery;
    if (kind === "logical_dns") return !isDeepStrictEqual(old.connectTo, endpoint.connectTo);
    if (kind !== "eds" && kind !== "strict_dns") return false;
    return (
      old.region !== endpoint.region ||
      old.zone !== endpoint.zone ||
      old.subZone !== endpoint.subZone ||
      old.hostname !== endpoint.hostname ||
      this.#health.isCheckedOtherwise(old, endpoint)
    );
  }

  /** What tells an endpoint from the others. */
  #nameOf(endpoint: EndpointSpec): string {
    if (this.config.discovery.kind !== "logical_dns" || "path" in endpoint.connectTo) return endpoint.address;
    return `${endpoint.hostname}:${endpoint.connectTo.port}`;
  }
}

/** Each address is a host; or, `together`, all of them are one's, whose priority does not count. */
function hostsOf(
  endpoint: EndpointSpec,
  addresses: readonly string[],
  port: number,
  together: boolean,
): readonly EndpointSpec[] {
  const at = (
    host: string,
  ): Pick<EndpointSpec, "address"> & { connectTo: { host: string; port: number } } => ({
    address: printAddress(host, port),
    connectTo: { host, port },
  });
  if (!together) return addresses.map((host) => ({ ...endpoint, ...at(host) }));
  const [first = "", ...others] = addresses;
  const { observabilityName: _own, ...nameless } = endpoint;
  const { address, connectTo } = at(first);
  return [
    {
      ...nameless,
      address,
      connectTo: others.length === 0 ? connectTo : { ...connectTo, others },
      priority: 0,
    },
  ];
}
