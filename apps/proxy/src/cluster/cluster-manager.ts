import { equals } from "@bufbuild/protobuf";
import type { Clock, Compiled, Log, Problem, Random, Runtime } from "@sluice/extension-api";
import type { ClusterManager as ClusterManagerConfig } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { type Cluster, ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { HttpProtocolOptions } from "@sluice/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { TimerQueue } from "../event/timer-queue.ts";
import { createLoadBalancerStats } from "../load-balancer/load-balancer-stats.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { findSecretConfigs } from "../secret/find-secret-configs.ts";
import type { SecretLookup } from "../secret/secret-lookup.ts";
import type { SecretManager } from "../secret/secret-manager.ts";
import { statsDefinedBy } from "../stats/recording-scope.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sanitizeStatName } from "../stats/thread-stats.ts";
import { createClientTlsStats } from "../transport-socket/tls/tls-stats.ts";
import { checkAggregated } from "../xds/check-aggregated.ts";
import type { HeldReferences } from "../xds/extension-discovery.ts";
import type { ExtensionReference } from "../xds/extension-reference.ts";
import { clearBreakers } from "./circuit-breaker.ts";
import type { ClusterCommand } from "./cluster-command.ts";
import { clusterReferences } from "./cluster-references.ts";
import { createClusterStatsIn, defineUncountedClusterStats } from "./cluster-stats.ts";
import { type CompiledCluster, compileCluster, isNew } from "./compile-cluster.ts";
import { findHttpOptions } from "./compile-http-options.ts";
import { defineConfigUpdateStats } from "./config-update-stats.ts";
import { countSecretUpdates } from "./count-secret-updates.ts";
import type { Resolve } from "./dns-discovery.ts";
import type { EndpointDiscovery } from "./endpoint-discovery.ts";
import { clearHostGauges, endpointStatName, HOST_SLOTS, sumHostSlot } from "./host-stats.ts";
import { ManagedCluster, type ManagedClusterOptions } from "./managed-cluster.ts";
import { UpdateMerge } from "./update-merge.ts";

export interface ClusterManagerOptions {
  readonly concurrency: number;
  readonly stats: StatsRegistry;
  readonly random: Random;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly runtime: Runtime;
  /** How the main thread connects to a cluster, for its checks. */
  readonly createConnector: ManagedClusterOptions["createConnector"];
  /** Event logs. */
  appendLine(path: string, line: string): void;
  /** `cluster_manager` of the bootstrap. */
  readonly config: ClusterManagerConfig | undefined;
  /** The bootstrap has `ads_config`. */
  readonly hasAds: boolean;
  readonly resolve: Resolve;
  readonly endpoints: EndpointDiscovery;
  readonly extensions: ExtensionRegistry;
  readonly secrets: SecretLookup;
  /** What the workers will compile of a cluster's options for requests. */
  checkPolicies(options: HttpProtocolOptions, path: string): readonly Problem[];
  readonly secretManager: Pick<SecretManager, "check" | "acquire">;
  /** ECDS, for filters before the cluster's hosts. */
  acquireFilter(reference: ExtensionReference): HeldReferences;
  /** Tells all workers; resolves when it is in force in each. */
  broadcast(command: ClusterCommand): Promise<unknown>;
  readonly log: Log;
}

/** A cluster in service, and the one that is to take its place once its hosts are known. */
interface Entry {
  active: ManagedCluster | undefined;
  warming: ManagedCluster | undefined;
  /** Of the active one. */
  merge: UpdateMerge | undefined;
}

/** What workers count for a cluster once it is used. */
const CLUSTER_STATS = statsDefinedBy((scope) => {
  createClusterStatsIn(scope);
  defineUncountedClusterStats(scope);
  createLoadBalancerStats(scope);
  defineConfigUpdateStats(scope);
});

/** What they count beside it for one that speaks TLS. */
const TLS_STATS = statsDefinedBy(createClientTlsStats);

/** All clusters, on the main thread. */
export class ClusterManager {
  readonly #options: ClusterManagerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Set<() => void>();
  readonly #wanted = new Map<string, Set<() => void>>();
  /** Updates on their way to the workers. */
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(options: ClusterManagerOptions) {
    this.#options = options;
    const scope = options.stats.root().scope("cluster_manager");
    for (const name of [
      "cluster_added",
      "cluster_modified",
      "cluster_removed",
      "cluster_updated",
      "cluster_updated_via_merge",
      "update_merge_cancelled",
      "update_out_of_merge_window",
    ])
      scope.counter(name);
    options.stats.onRead(() => this.#refreshGauges());
    options.stats.addSource((visit) => this.#endpointStats(visit));
    options.stats.declare(() => this.#statPrefixes(() => true), CLUSTER_STATS);
    options.stats.declare(() => this.#statPrefixes(({ usesTls }) => usesTls), TLS_STATS);
  }

  *#statPrefixes(counts: (cluster: ManagedCluster) => boolean): Iterable<string> {
    for (const entry of this.#entries.values()) {
      const cluster = entry.active ?? entry.warming;
      if (cluster !== undefined && counts(cluster))
        yield `cluster.${sanitizeStatName(cluster.config.statName)}.`;
    }
  }

  /** With the manager's own `upstream_bind_config` where the cluster has none; no metrics are gathered that nobody is told. */
  #compile(cluster: Cluster): Compiled<CompiledCluster> {
    const { config, extensions, secrets } = this.#options;
    const bindConfig = cluster.upstreamBindConfig ?? config?.upstreamBindConfig;
    const completed = bindConfig === undefined ? cluster : { ...cluster, upstreamBindConfig: bindConfig };
    const compiled = compileCluster(completed, extensions, secrets);
    if (!compiled.ok || config?.loadStatsConfig !== undefined) return compiled;
    return { ok: true, value: { ...compiled.value, config: { ...compiled.value.config, loadMetrics: [] } } };
  }

  /** Everything wrong with a cluster; changes nothing. */
  check(cluster: Cluster): readonly Problem[] {
    const compiled = this.#compile(cluster);
    const problems = compiled.ok ? [] : [...compiled.problems];
    if (this.#options.config?.loadStatsConfig !== undefined && cluster.trackClusterStats?.perEndpointStats) {
      problems.push({
        path: "track_cluster_stats.per_endpoint_stats",
        message: "is not possible beside the bootstrap's cluster_manager.load_stats_config",
        severity: "error",
      });
    }
    const http = findHttpOptions(cluster, []);
    if (http !== undefined) problems.push(...this.#options.checkPolicies(http.options, http.path));
    // Of one host of all addresses the priority does not count.
    if (compiled.ok && compiled.value.config.discovery.kind !== "logical_dns")
      problems.push(...this.#localProblems(cluster));
    const sources = clusterReferences(cluster).problems;
    problems.push(...sources.filter((each) => isNew(each, problems)));
    problems.push(...this.#options.secretManager.check(findSecretConfigs(ClusterSchema, cluster)));
    if (!this.#options.hasAds) problems.push(...checkAggregated(ClusterSchema, cluster));
    if (this.#entries.get(cluster.name)?.active?.source === "static") {
      problems.push({
        path: "name",
        message: `cluster '${cluster.name}' is in the bootstrap already`,
        severity: "error",
      });
    }
    return problems;
  }

  /** Zone-aware routing knows one priority of the proxies' own cluster. */
  #localProblems({ name, loadAssignment }: Cluster): readonly Problem[] {
    if (name === "" || name !== this.#options.config?.localClusterName) return [];
    return (loadAssignment?.endpoints ?? []).flatMap(({ priority }, index): Problem[] => {
      const path = `load_assignment.endpoints[${index}].priority`;
      const message = "must be 0 in the local cluster";
      return priority === 0 ? [] : [{ path, message, severity: "error" }];
    });
  }

  /** Adds or replaces a cluster that `check` passed. An unchanged one is left alone. */
  set(cluster: Cluster, source: "static" | "dynamic", version: string): void {
    const compiled = this.#compile(cluster);
    if (!compiled.ok) throw new Error(`cluster '${cluster.name}' was not checked`);
    const entry = this.#entries.get(cluster.name) ?? {
      active: undefined,
      warming: undefined,
      merge: undefined,
    };
    const latest = entry.warming ?? entry.active;
    if (latest !== undefined && equals(ClusterSchema, latest.message, cluster)) return;
    this.#entries.set(cluster.name, entry);
    const root = this.#options.stats.root();
    const statName = compiled.value.config.statName;
    root
      .scope("cluster_manager")
      .counter(latest === undefined ? "cluster_added" : "cluster_modified")
      .inc();
    const secrets = findSecretConfigs(ClusterSchema, cluster);
    const acquired = [
      ...secrets.map(({ config }) => this.#options.secretManager.acquire(config)),
      ...clusterReferences(cluster).found.map((each) => this.#options.acquireFilter(each)),
    ];
    // The cluster warms until its secrets and filters are there or their time is over.
    let referencesReady = acquired.length === 0;
    const replaced = entry.warming;
    const lease = this.#options.stats.lease();
    const stats = lease.root.scope("cluster").scope(statName);
    const managed = new ManagedCluster({
      compiled: compiled.value,
      message: cluster,
      source,
      version,
      concurrency: this.#options.concurrency,
      stats,
      random: this.#options.random,
      resolve: this.#options.resolve,
      endpoints: this.#options.endpoints,
      clock: this.#options.clock,
      timers: this.#options.timers,
      runtime: this.#options.runtime,
      createConnector: this.#options.createConnector,
      appendLine: this.#options.appendLine,
      defineText: (name) => this.#options.stats.defineText(name),
      setText: (name, text) => this.#options.stats.setText(name, text),
      outlierEventLogPath: this.#options.config?.outlierDetection?.eventLogPath ?? "",
      log: this.#options.log,
      onHosts: (changed) => {
        if (referencesReady) this.#onHosts(entry, changed);
      },
    });
    entry.warming = managed;
    managed.onStop(countSecretUpdates(secrets, this.#options.secrets, stats));
    for (const each of [...acquired, lease]) managed.onStop(() => each.release());
    const prefix = `cluster.${sanitizeStatName(statName)}.`;
    managed.onStop(this.#options.stats.match(prefix, compiled.value.statsMatcher));
    // Behind the new one's lease, so that counters go on.
    replaced?.stop();
    managed.start();
    if (acquired.length === 0) return;
    const ready = Promise.all(acquired.map((each) => each.ready)).then(() => {
      referencesReady = true;
      if (managed.initialized) this.#onHosts(entry, managed);
    });
    ready.catch((error: unknown) => this.#options.log.error(String(error)));
  }

  /** Answers whether there was one that may be removed (those of the bootstrap may not). */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    const latest = entry?.warming ?? entry?.active;
    if (entry === undefined || latest?.source !== "dynamic") return false;
    entry.warming?.stop();
    entry.active?.stop();
    entry.merge?.stop();
    // Nothing that it waited for brings it back.
    entry.warming = undefined;
    entry.active = undefined;
    this.#entries.delete(name);
    this.#options.stats.root().scope("cluster_manager").counter("cluster_removed").inc();
    this.#send({ type: "remove-cluster", cluster: name });
    this.#notify();
    return true;
  }

  /** In service or warming. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get(name: string): ManagedCluster | undefined {
    return this.#entries.get(name)?.active;
  }

  #warms(): boolean {
    for (const { warming } of this.#entries.values()) if (warming !== undefined) return true;
    return false;
  }

  /** In order of arrival; a cluster that warms for the first time is among `warming` only. */
  list(): { readonly active: readonly ManagedCluster[]; readonly warming: readonly ManagedCluster[] } {
    const present = (cluster: ManagedCluster | undefined): cluster is ManagedCluster => cluster !== undefined;
    const entries = [...this.#entries.values()];
    return {
      active: entries.map((entry) => entry.active).filter(present),
      warming: entries.map((entry) => entry.warming).filter(present),
    };
  }

  /** Resolves when nothing warms and the workers know all of it. */
  async settled(): Promise<void> {
    while (this.#warms()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
    await Promise.all(this.#inFlight);
  }

  /** What a new worker must be told. */
  replay(): readonly ClusterCommand[] {
    return this.list().active.map((cluster) => setCommand(cluster));
  }

  /** A worker ended: what it held is given back. */
  onWorkerExit(workerIndex: number): void {
    for (const cluster of this.list().active) {
      clearBreakers(cluster.breakers, workerIndex);
      for (const host of cluster.hosts) clearHostGauges(host.page, workerIndex);
    }
  }

  stop(): void {
    for (const { active, warming, merge } of this.#entries.values()) {
      merge?.stop();
      active?.stop();
      warming?.stop();
    }
  }

  /** Calls `done` once the workers are told of a cluster of that name; answers how to end the waiting. */
  onceActive(name: string, done: () => void): () => void {
    if (this.get(name) !== undefined) {
      done();
      return () => {};
    }
    const waiting = this.#wanted.get(name) ?? new Set();
    this.#wanted.set(name, waiting);
    waiting.add(done);
    return () => {
      waiting.delete(done);
      if (waiting.size === 0 && this.#wanted.get(name) === waiting) this.#wanted.delete(name);
    };
  }

  #onHosts(entry: Entry, changed: ManagedCluster): void {
    if (entry.warming === changed) {
      entry.active?.stop();
      entry.active = changed;
      entry.warming = undefined;
      this.#send(setCommand(changed));
      this.#notify();
      for (const done of [...(this.#wanted.get(changed.config.name) ?? [])]) done();
      const { commonLb } = changed.config;
      const stats = this.#options.stats.root().scope("cluster_manager");
      entry.merge?.stop();
      entry.merge = new UpdateMerge(commonLb.updateMergeWindowMs, stats, changed, () =>
        this.#sendHosts(changed),
      );
    } else if (entry.active === changed) entry.merge?.update(changed);
  }

  #sendHosts(changed: ManagedCluster): void {
    const { config, hosts, assignmentPolicy } = changed;
    this.#send({ type: "hosts", cluster: config.name, hosts, policy: assignmentPolicy });
  }

  #send(command: ClusterCommand): void {
    const sent = this.#options.broadcast(command).finally(() => this.#inFlight.delete(sent));
    this.#inFlight.add(sent);
  }

  #notify(): void {
    if (this.#waiters.size === 0 || this.#warms()) return;
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  #refreshGauges(): void {
    const root = this.#options.stats.root();
    const { active, warming } = this.list();
    root.scope("cluster_manager").gauge("active_clusters").set(active.length);
    root.scope("cluster_manager").gauge("warming_clusters").set(warming.length);
    for (const cluster of active) cluster.refreshGauges();
  }

  #endpointStats(visit: Parameters<Parameters<StatsRegistry["addSource"]>[0]>[0]): void {
    for (const { config, hosts } of this.list().active) {
      if (!config.perEndpointStats) continue;
      for (const host of hosts) {
        const name = endpointStatName(host);
        const tags = [
          ["envoy.cluster_name", config.statName],
          ["envoy.endpoint_address", name],
          ...(host.hostname === "" ? [] : [["envoy.endpoint_hostname", host.hostname] as const]),
        ] as const;
        const add = (stat: string, kind: "counter" | "gauge", value: number): void =>
          visit({
            name: `cluster.${config.statName}.endpoint.${sanitizeStatName(name)}.${stat}`,
            tagged: { name: `cluster.endpoint.${stat}`, tags },
            kind,
            value,
          });
        for (const slot of HOST_SLOTS) {
          add(slot, slot.endsWith("_active") ? "gauge" : "counter", sumHostSlot(host.page, slot));
        }
        add("healthy", "gauge", host.health === "healthy" ? 1 : 0);
      }
    }
  }
}

function setCommand(cluster: ManagedCluster): ClusterCommand {
  const { config, breakers, drops, hosts, assignmentPolicy } = cluster;
  return { type: "cluster", config, breakers, drops, hosts, policy: assignmentPolicy };
}
