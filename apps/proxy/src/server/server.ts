import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { TYPE_URLS } from "@sluice/xds";
import type { LoadReportClient, OrderClient } from "@sluice/xds/client";
import { type Node, NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { AdminAccess } from "../admin/admin-access.ts";
import { AdminServer } from "../admin/admin-server.ts";
import { ClusterManager } from "../cluster/cluster-manager.ts";
import { typedResolver } from "../cluster/compile-dns-resolver.ts";
import { createConnector } from "../cluster/connect-upstream.ts";
import { type Resolve, systemResolve } from "../cluster/dns-discovery.ts";
import { durationMs } from "../cluster/duration-ms.ts";
import { EventLogs } from "../cluster/health/event-logs.ts";
import type { ExtensionRegistry } from "../extensions/extension-registry.ts";
import { standardExtensions } from "../extensions/standard.ts";
import { compileListener } from "../filter-chain/compile-listener.ts";
import type { GrpcHost } from "../grpc/grpc-stream.ts";
import { compileHeaderPrefix, useEnvoyHeaderPrefix } from "../http/envoy-headers.ts";
import type { ReferenceProviders } from "../listener/acquire-references.ts";
import { compileAddress } from "../listener/compile-listener-sockets.ts";
import { ListenerManager } from "../listener/listener-manager.ts";
import { startLoadReports } from "../load-report/start-load-reports.ts";
import { orderCluster, startOrderChannel } from "../orders/start-order-channel.ts";
import { OverloadManager } from "../overload/overload-manager.ts";
import { SharedOverloadState } from "../overload/overload-state.ts";
import { compileClusterPolicies } from "../route/cluster-policies.ts";
import { RuntimeLayers } from "../runtime/layered-runtime.ts";
import { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import { SecretManager } from "../secret/secret-manager.ts";
import { SecretStore } from "../secret/secret-store.ts";
import { createStatsSink, type StatsSink } from "../stats/create-stats-sink.ts";
import type { HistogramReading, ScalarReading } from "../stats/stat-readings.ts";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { compileStatsSettings } from "../stats/stats-settings.ts";
import { Watchdogs } from "../watchdog/watchdogs.ts";
import type { OnDemandOutcome, OnDemandWant } from "../worker/on-demand-requests.ts";
import { type ProfileKind, Profiler } from "../worker/profiler.ts";
import { SharedDrainState } from "../worker/shared-drain-state.ts";
import { SharedSlots } from "../worker/shared-slots.ts";
import { systemClock, systemRandom, systemTimers } from "../worker/system-time.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { WorkerCommand, WorkerReport } from "../worker/worker-messages.ts";
import { WorkerPool } from "../worker/worker-pool.ts";
import { checkVirtualHostSource } from "../xds/check-virtual-host-source.ts";
import { DynamicResources } from "../xds/dynamic-resources.ts";
import { EndpointRegistry } from "../xds/endpoint-registry.ts";
import { ExtensionDiscovery } from "../xds/extension-discovery.ts";
import { OnDemandClusters } from "../xds/on-demand-clusters.ts";
import { RouteDiscovery } from "../xds/route-discovery.ts";
import { ScopedRouteDiscovery } from "../xds/scoped-route-discovery.ts";
import { VirtualHostDiscovery } from "../xds/virtual-host-discovery.ts";
import type { ApplicationLog, LogLevel } from "./application-log.ts";
import { acquireFilterReferences, checkFilterConfig } from "./check-filter-config.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkStaticResources } from "./check-static-resources.ts";
import type { ServerOptions } from "./command-line.ts";
import type { LoadedBootstrap } from "./load-bootstrap.ts";
import { buildNode, localInfoOf } from "./node-identity.ts";
import { publishServerStats, type ServerState } from "./server-stats.ts";
import { StartupError } from "./startup-error.ts";
import { TelemetryRelay } from "./telemetry-relay.ts";
import { createValidationContext } from "./validation-context.ts";

const UPSTREAM_TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const FLUSH_INTERVAL_MS = 5000;

/** The main thread: everything that is not a connection. */
export class Server {
  readonly options: ServerOptions;
  readonly bootstrap: LoadedBootstrap;
  readonly node: Node;
  readonly stats: StatsRegistry;
  readonly log: ApplicationLog;
  readonly clusters: ClusterManager;
  readonly listeners: ListenerManager;
  readonly routes: RouteDiscovery;
  readonly virtualHosts: VirtualHostDiscovery;
  readonly scopes: ScopedRouteDiscovery;
  readonly filterConfigs: ExtensionDiscovery;
  readonly onDemandClusters: OnDemandClusters;
  readonly endpoints: EndpointRegistry;
  readonly runtime: RuntimeLayers;
  readonly drain: SharedDrainState;
  readonly startedAt = Date.now();
  readonly dynamic: DynamicResources;
  state: ServerState = "PRE_INITIALIZING";
  readonly #pool: WorkerPool;
  readonly #references: ReferenceProviders;
  readonly #runtimeView = new RuntimeSnapshot();
  readonly #eventLogs: EventLogs;
  readonly #drainBuffer = SharedDrainState.allocate();
  readonly #overloadBuffer = SharedOverloadState.allocate();
  readonly #overload: OverloadManager;
  readonly #watchdogs: Watchdogs;
  readonly #ticketSeed = randomBytes(32);
  readonly secrets = new SecretStore(this.#ticketSeed);
  readonly secretManager: SecretManager;
  readonly #context: WorkerContext;
  readonly #relay: TelemetryRelay;
  readonly #sinks: StatsSink[] = [];
  readonly #profiler = new Profiler("main");
  readonly #workerLogLevels: LogLevel[];
  #admin: AdminServer | undefined;
  #adminAccess: AdminAccess | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #orders: OrderClient | undefined;
  #loadReports: LoadReportClient | undefined;
  #resolveEnded: () => void = () => {};
  #stopping = false;
  /** Clusters of the bootstrap: known to checks before they are made. */
  #declaredClusters: ReadonlySet<string> = new Set();
  /** Resolves when the server has stopped. */
  readonly ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });

  private constructor(
    options: ServerOptions,
    bootstrap: LoadedBootstrap,
    log: ApplicationLog,
    extensions: ExtensionRegistry,
  ) {
    this.options = options;
    this.bootstrap = bootstrap;
    const headerPrefix = this.#settle(compileHeaderPrefix(bootstrap.message.headerPrefix));
    useEnvoyHeaderPrefix(headerPrefix);
    this.stats = new StatsRegistry(
      this.#settle(compileStatsSettings(bootstrap.message.statsConfig, "stats_config")),
    );
    this.log = log;
    this.#workerLogLevels = Array.from({ length: options.concurrency }, () => log.level);
    this.node = buildNode(bootstrap.message.node, options, extensions);
    this.drain = new SharedDrainState(this.#drainBuffer, systemRandom);
    this.runtime = this.#settle(
      RuntimeLayers.compile(bootstrap.message.layeredRuntime, "layered_runtime", {
        serviceCluster: this.node.cluster,
        stats: this.stats.root().scope("runtime"),
        log,
      }),
    );
    this.#runtimeView.replace(this.runtime.merged());
    this.#overload = this.#settle(
      OverloadManager.compile(bootstrap.message.overloadManager, "overload_manager", {
        stats: this.stats.root(),
        state: new SharedOverloadState(this.#overloadBuffer, systemRandom),
        log,
        onChange: () => void this.#pool.broadcast({ type: "overload" }),
      }),
    );
    this.#watchdogs = this.#settle(
      Watchdogs.compile(bootstrap.message.watchdogs, "watchdogs", {
        concurrency: options.concurrency,
        stats: this.stats.root(),
        random: systemRandom,
        onRead: (refresh) => this.stats.onRead(refresh),
      }),
    );
    const localInfo = localInfoOf(this.node);
    const { concurrency } = options;
    const broadcast = (command: WorkerCommand) => this.#pool.broadcast(command);
    this.secretManager = new SecretManager({
      stats: this.stats,
      store: this.secrets,
      tlsFields:
        extensions.find("envoy.transport_sockets.upstream", UPSTREAM_TLS)?.manifest.supportedFields ?? {},
      broadcast,
      onNames: (source, names) => this.dynamic.setNames(TYPE_URLS.secret, source, names),
      log,
    });
    this.endpoints = new EndpointRegistry((source, names) =>
      this.dynamic.setNames(TYPE_URLS.endpoint, source, names),
    );
    this.#eventLogs = new EventLogs(systemTimers, log);
    this.clusters = new ClusterManager({
      concurrency,
      stats: this.stats,
      random: systemRandom,
      clock: systemClock,
      timers: systemTimers,
      runtime: this.#runtimeView,
      config: bootstrap.message.clusterManager,
      createConnector: (config, stats, onClose) =>
        createConnector(config, {
          secrets: this.secrets,
          extensions: this.#context.extensions,
          stats,
          onError: (message) => this.log.error(`cluster '${config.name}': ${message}`),
          onClose,
        }),
      appendLine: (path, line) => this.#eventLogs.append(path, line),
      resolve: this.#resolverOf(bootstrap),
      endpoints: this.endpoints,
      secrets: this.secrets,
      secretManager: this.secretManager,
      checkPolicies: (options, path) => {
        const compiled = compileClusterPolicies(options, path, this.#context, this.#context.stats);
        return compiled.ok ? [] : compiled.problems;
      },
      extensions,
      broadcast,
      log,
    });
    this.virtualHosts = new VirtualHostDiscovery(this.stats, (source, names) =>
      this.dynamic.setNames(TYPE_URLS.virtualHost, source, names),
    );
    this.onDemandClusters = new OnDemandClusters(this.clusters, (source, names) =>
      this.dynamic.setNames(TYPE_URLS.cluster, source, names),
    );
    this.routes = new RouteDiscovery({
      stats: this.stats,
      virtualHosts: this.virtualHosts,
      broadcast,
      onNames: (source, names) => this.dynamic.setNames(TYPE_URLS.route, source, names),
      check: (config) => this.checkRoutes(config),
    });
    this.scopes = new ScopedRouteDiscovery({
      stats: this.stats,
      routes: this.routes,
      broadcast,
      subscribe: (source) => this.dynamic.subscribeAll(TYPE_URLS.scopedRoute, source),
      check: (config) => this.checkRoutes(config),
    });
    this.filterConfigs = new ExtensionDiscovery({
      stats: this.stats,
      broadcast,
      onNames: (source, names) => this.dynamic.setNames(TYPE_URLS.extensionConfig, source, names),
      check: (config, at) =>
        checkFilterConfig(config, at, {
          compile: (listener) => compileListener(listener, this.#context),
          secrets: this.secretManager,
        }),
      acquire: (config) => acquireFilterReferences(config, this.#references),
    });
    this.#references = {
      routes: this.routes,
      scopes: this.scopes,
      extensions: this.filterConfigs,
      secrets: this.secretManager,
    };
    this.listeners = new ListenerManager({
      concurrency,
      stats: this.stats,
      ...this.#references,
      drainTimeMs: options.drainTimeMs,
      broadcast,
      send: (index, command) => this.#pool.send(index, command),
      compile: (listener) => compileListener(listener, this.#context),
      log,
    });
    this.#context = createValidationContext({
      concurrency,
      runtime: this.#runtimeView,
      log,
      localInfo,
      clusters: { has: (name) => this.clusters.has(name) || this.#declaredClusters.has(name) },
      extensions,
      secrets: this.secrets,
    });
    const sharedSlots = SharedSlots.allocate(concurrency);
    const shared = new SharedSlots(sharedSlots, 0, concurrency);
    this.#pool = new WorkerPool({
      concurrency,
      init: (workerIndex) => ({
        workerIndex,
        concurrency,
        localInfo,
        localCluster: bootstrap.message.clusterManager?.localClusterName ?? "",
        logLevel: this.#workerLogLevels[workerIndex] ?? log.level,
        drainState: this.#drainBuffer,
        overloadState: this.#overloadBuffer,
        overload: this.#overload.workerSettings,
        headerPrefix,
        heartbeats: this.#watchdogs.page,
        sharedSlots,
        accessLogFlushMs: options.accessLogFlushMs,
        ticketSeed: this.#ticketSeed,
      }),
      onReport: (workerIndex, report) => this.#onReport(workerIndex, report),
      onExit: (workerIndex) => {
        this.#watchdogs.onWorkerExit(workerIndex);
        this.stats.detach(workerIndex);
        shared.clearWorker(workerIndex);
        this.clusters.onWorkerExit(workerIndex);
        this.listeners.onWorkerExit(workerIndex);
      },
      replay: () => [
        { type: "runtime", values: this.runtime.merged() },
        ...this.secretManager.replay(),
        ...this.clusters.replay(),
        ...this.routes.replay(),
        ...this.scopes.replay(),
        ...this.filterConfigs.replay(),
        ...this.listeners.replay(),
      ],
      log,
    });
    const nodeBytes = toBinary(NodeSchema, this.node);
    this.#relay = new TelemetryRelay(nodeBytes, localInfo, (name) => this.resolveCluster(name), this.stats);
    for (const [index, sink] of bootstrap.message.statsSinks.entries()) {
      const made = createStatsSink(sink, `stats_sinks[${index}]`, {
        node: nodeBytes,
        resolve: (name) => this.resolveCluster(name),
        log,
      });
      this.#sinks.push(this.#settle(made));
    }
    const flags = bootstrap.message.flagsPath;
    if (flags !== "" && existsSync(join(flags, "drain"))) {
      log.info("starting with failed health checks: the flag 'drain' is there");
      this.drain.setHealthCheckFailed(true);
    }
    this.dynamic = DynamicResources.create(this);
    publishServerStats(this.stats, {
      concurrency: options.concurrency,
      version: bootstrap.message.statsServerVersionOverride,
      startedAt: this.startedAt,
      isLive: () => this.state === "LIVE" && !this.drain.healthCheckFailed,
      state: () => this.readiness,
    });
  }

  /** Checks everything that can be checked without running. Throws a StartupError that lists every problem. */
  static async create(
    options: ServerOptions,
    bootstrap: LoadedBootstrap,
    log: ApplicationLog,
  ): Promise<Server> {
    const server = new Server(options, bootstrap, log, standardExtensions());
    server.#checkStatic();
    orderCluster(server);
    return server;
  }

  /** Runs until `stop`. Throws a StartupError when it cannot. */
  async start(): Promise<void> {
    const began = performance.now();
    await this.#pool.start();
    await this.#pool.broadcast({ type: "runtime", values: this.runtime.merged() });
    this.runtime.watch(() => this.applyRuntime());
    this.#overload.start();
    for (const command of this.secretManager.replay()) await this.#pool.broadcast(command);
    await this.#startAdmin();
    this.state = "INITIALIZING";
    const resources = this.bootstrap.message.staticResources;
    for (const cluster of resources?.clusters ?? []) this.clusters.set(cluster, "static", "");
    this.#orders = startOrderChannel(this);
    this.#loadReports = startLoadReports(this);
    await this.dynamic.start();
    for (const [index, listener] of (resources?.listeners ?? []).entries()) {
      const problems = await this.listeners.set(listener, "static", "");
      if (problems.length > 0) throw this.#refuse(problems, `static_resources.listeners[${index}]`);
    }
    await this.listeners.settled();
    for (const { failure } of this.listeners.list()) {
      if (failure !== undefined) throw new StartupError(failure.message);
    }
    this.#watchdogs.start();
    if (!this.#stopping) this.state = "LIVE";
    this.stats
      .root()
      .histogram("server.initialization_time_ms")
      .record(performance.now() - began);
    if (!this.flushesOnAdmin) {
      const intervalMs = durationMs(this.bootstrap.message.statsFlushInterval, FLUSH_INTERVAL_MS);
      this.#flushTimer = setInterval(() => this.flushStats(), intervalMs);
    }
    this.flushStats();
    this.log.info(
      `started in ${Math.round(performance.now() - began)} ms with ${this.options.concurrency} workers`,
    );
  }

  /** `stats_flush_on_admin`: an interval of the stats ends when somebody reads them, and at no other time. */
  get flushesOnAdmin(): boolean {
    const { statsFlush } = this.bootstrap.message;
    return statsFlush.case === "statsFlushOnAdmin" && statsFlush.value;
  }

  /** Ends an interval of the stats and sends them to the sinks. */
  flushStats(): void {
    const send = (scalars: readonly ScalarReading[], histograms: readonly HistogramReading[]): void => {
      const now = Date.now();
      for (const sink of this.#sinks) sink.flush(scalars, histograms, now);
    };
    this.stats.flush(this.#sinks.length === 0 ? undefined : send);
  }

  /** For checks of what is not in force: clusters that resources may name. Those of the bootstrap stay known. */
  declareClusters(names: readonly string[]): void {
    const own = this.bootstrap.message.staticResources?.clusters.map(({ name }) => name) ?? [];
    this.#declaredClusters = new Set([...own, ...names]);
  }

  /** What a worker found missing; resolves when every worker has what there is. */
  async #fetch(want: OnDemandWant): Promise<OnDemandOutcome> {
    switch (want.kind) {
      case "virtual-host":
        await this.routes.want(want.route, want.host);
        return "settled";
      case "scope":
        await this.scopes.want(want.source, want.scope);
        return "settled";
      case "cluster":
        return this.onDemandClusters.want(want);
    }
  }

  checkRoutes(config: RouteConfiguration): readonly Problem[] {
    const ads = this.bootstrap.message.dynamicResources?.adsConfig;
    const vhds = config.vhds === undefined ? [] : checkVirtualHostSource(config.vhds.configSource, ads);
    if (vhds.length > 0) return vhds;
    return checkRoutes(config, (listener: Listener) => compileListener(listener, this.#context));
  }

  /** A host of the cluster, for the proxy's own gRPC clients. */
  resolveCluster(name: string): GrpcHost | undefined {
    const cluster = this.clusters.get(name);
    const hosts = cluster?.hosts.filter((host) => host.health === "healthy") ?? [];
    const host = hosts[Math.floor(Math.random() * hosts.length)];
    if (host === undefined || cluster === undefined) return undefined;
    const secure = cluster.config.transportSocket !== undefined;
    const connect = (alpn: readonly string[] = ["h2"]) =>
      cluster.connector(host, secure ? { alpn } : undefined);
    return { address: host.address, secure, connect };
  }

  broadcast(command: WorkerCommand) {
    return this.#pool.broadcast(command);
  }

  modifyRuntime(overrides: Iterable<readonly [string, string]>): boolean {
    if (!this.runtime.modify(overrides)) return false;
    this.applyRuntime();
    return true;
  }

  /** Tells every thread of the layers as they are now. */
  applyRuntime(): void {
    const values = this.runtime.merged();
    this.#runtimeView.replace(values);
    void this.#pool.broadcast({ type: "runtime", values });
  }

  /** `/drain_listeners`: connections end as they can, and listeners stop unless they are to stay. */
  async drainListeners(how: {
    readonly graceful: boolean;
    readonly inboundOnly: boolean;
    readonly keepListening: boolean;
  }): Promise<void> {
    if (how.graceful || how.keepListening) {
      this.drain.start(this.options.drainTimeMs, this.options.drainStrategy === "gradual");
    }
    if (how.keepListening) return;
    if (how.inboundOnly) await this.listeners.stopInbound();
    else await this.listeners.stopAll(how.graceful);
  }

  /** Levels by logger: `main` and one per worker. */
  logLevels(): ReadonlyMap<string, string> {
    const workers = this.#workerLogLevels.map((level, index): [string, string] => [`worker_${index}`, level]);
    return new Map([["main", this.log.level], ...workers]);
  }

  setLogLevel(logger: string, level: LogLevel): void {
    if (logger === "main") this.log.setLevel(level);
    const index = logger.startsWith("worker_") ? Number(logger.slice(7)) : -1;
    if (this.#workerLogLevels[index] === undefined) return;
    this.#workerLogLevels[index] = level;
    void this.#pool.send(index, { type: "log-level", level });
  }

  /** Profiles every thread; answers what is wrong. `action`: "start", or the path of what is written. */
  async profile(kind: ProfileKind, action: string): Promise<readonly string[]> {
    const own = action === "start" ? this.#profiler.start(kind) : await this.#profiler.stop(kind, action);
    const outcomes = await this.#pool.broadcast({ type: "profile", kind, action });
    return [...own, ...outcomes.flatMap(({ problems }) => problems)];
  }

  /** SIGTERM: as `stop`, but connections get `--termination-drain-s` to end. */
  async terminate(): Promise<void> {
    if (this.state === "DRAINING") return;
    this.state = "DRAINING";
    const limitMs = this.options.terminationDrainMs;
    if (limitMs > 0) {
      this.log.info(`draining for at most ${limitMs / 1000} s`);
      this.drain.start(limitMs, false);
      await this.listeners.stopAll(true);
      const until = Date.now() + limitMs;
      while (this.listeners.draining().length > 0 && Date.now() < until && !this.#stopping) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await this.stop();
  }

  async reopenLogs(): Promise<void> {
    this.log.reopen();
    this.#adminAccess?.reopen();
    this.#eventLogs.reopen();
    await this.#pool.broadcast({ type: "reopen-logs" });
  }

  /** Ends at once; what is buffered (access logs, spans, stats) is still sent, for a second at most. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#watchdogs.stop();
    clearInterval(this.#flushTimer);
    await this.#admin?.close();
    this.#adminAccess?.flush();
    void this.#orders?.close();
    void this.#loadReports?.close();
    this.dynamic.stop();
    this.#overload.stop();
    this.clusters.stop();
    this.#eventLogs.flush();
    this.listeners.stop();
    this.runtime.stop();
    this.secretManager.stop();
    await Promise.race([
      this.#pool.broadcast({ type: "flush" }),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    this.flushStats();
    await this.#pool.stop();
    await Promise.all([this.#relay.close(1000), ...this.#sinks.map((sink) => sink.close(1000))]);
    this.#resolveEnded();
  }

  #onReport(workerIndex: number, report: WorkerReport): void {
    switch (report.type) {
      case "stats":
        this.stats.attach(workerIndex, report.definitions);
        return;
      case "stats-released":
        this.stats.release(workerIndex, report.release);
        void this.#pool.send(workerIndex, { type: "stats-forgotten", release: report.release.number });
        return;
      case "outlier-sign":
        this.clusters.get(report.cluster)?.onOutlierSign(report.host, report.detection);
        return;
      case "health-check-fail":
        this.clusters.get(report.cluster)?.failHealthCheck(report.host);
        return;
      case "want":
        void this.#fetch(report.want).then((outcome) =>
          this.#pool.send(workerIndex, { type: "wanted", id: report.id, outcome }),
        );
        return;
      case "drained":
        this.listeners.onDrained(workerIndex, report.listenerId);
        return;
      case "log":
        this.log.append(
          report.level === "warn" ? "warning" : report.level,
          report.message,
          `worker_${workerIndex}`,
        );
        return;
      case "telemetry":
        this.#relay.relay(report.kind, report.sink, report.entries, report.count);
    }
  }

  #checkStatic(): void {
    const problems = checkStaticResources(this.bootstrap.message, {
      secrets: this.secretManager,
      clusters: this.clusters,
      listeners: this.listeners,
      declare: (names) => {
        this.#declaredClusters = names;
      },
    });
    if (problems.length > 0) this.#settle({ ok: false, problems });
  }

  #explain(problem: Problem, path: string): string {
    return this.bootstrap.explain({
      ...problem,
      path: problem.path === "" ? path : `${path}.${problem.path}`,
    });
  }

  /** `typed_dns_resolver_config`, of whatever names no resolver of its own. */
  #resolverOf(bootstrap: LoadedBootstrap): Resolve {
    const problems: Problem[] = [];
    const config = bootstrap.message.typedDnsResolverConfig;
    const usual = typedResolver(config, "typed_dns_resolver_config", problems);
    this.#settle(problems.length > 0 ? { ok: false, problems } : { ok: true, value: usual });
    return (name, family, withTtl, resolver = usual) => systemResolve(name, family, withTtl, resolver);
  }

  /** The value of what was compiled from the bootstrap; its problems end the start. */
  #settle<T>(compiled: Compiled<T>): T {
    if (compiled.ok) return compiled.value;
    throw new StartupError(compiled.problems.map((problem) => this.bootstrap.explain(problem)).join("\n"));
  }

  #refuse(problems: readonly Problem[], path: string): StartupError {
    return new StartupError(problems.map((problem) => this.#explain(problem, path)).join("\n"));
  }

  async #startAdmin(): Promise<void> {
    const address = this.bootstrap.message.admin?.address;
    if (address === undefined) return;
    const socket = compileAddress(address);
    if (typeof socket === "string") {
      throw this.#refuse([{ path: "", message: socket, severity: "error" }], "admin.address");
    }
    const flushIntervalMs = this.options.accessLogFlushMs;
    const use = { runtime: this.#runtimeView, log: this.log, flushIntervalMs };
    const access = this.#settle(AdminAccess.compile(this.bootstrap.message.admin, use));
    this.#adminAccess = access;
    this.#admin = new AdminServer(this, access);
    const where = await this.#admin.listen(socket).catch((error: unknown) => {
      throw new StartupError(`admin: ${error instanceof Error ? error.message : String(error)}`);
    });
    this.log.info(`admin address: ${where}`);
    if (this.options.adminAddressPath !== undefined) writeFileSync(this.options.adminAddressPath, where);
  }

  /** What `/ready` tells. */
  get readiness(): ServerState {
    return this.state === "LIVE" && this.drain.healthCheckFailed ? "DRAINING" : this.state;
  }
}
