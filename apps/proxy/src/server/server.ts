import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { TYPE_URLS } from "@sluice/xds";
import { type Node, NodeSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { TracingSchema } from "@sluice/xds/gen/envoy/config/trace/v3/http_tracer_pb.js";
import { ClusterManager } from "../cluster/cluster-manager.ts";
import { checkClusterPolicies } from "../cluster/cluster-policies.ts";
import { chosenResolver } from "../cluster/compile-dns-resolver.ts";
import { createConnector } from "../cluster/connect-upstream.ts";
import { type Resolve, systemResolve } from "../cluster/dns-discovery.ts";
import type { EndpointRegistry } from "../cluster/endpoint-registry.ts";
import { grpcHostOf } from "../cluster/grpc-host-of.ts";
import { EventLogs } from "../cluster/health/event-logs.ts";
import { OwnConnections } from "../cluster/own-connections.ts";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { standardExtensions } from "../extensions/standard.ts";
import { compileListener } from "../filter-chain/compile-listener.ts";
import type { GrpcHost } from "../grpc/grpc-stream.ts";
import { compileHeaderPrefix, useEnvoyHeaderPrefix } from "../http/envoy-headers.ts";
import { compileInlineHeaders, useInlineHeaders } from "../http/inline-headers.ts";
import { upstreamFilterCompiler } from "../http-filter/compile-filter-chain.ts";
import { ListenerManager } from "../listener/listener-manager.ts";
import { OverloadManager } from "../overload/overload-manager.ts";
import { SharedOverloadState } from "../overload/overload-state.ts";
import type { ExtensionRegistry } from "../registry/extension-registry.ts";
import { RuntimeLayers } from "../runtime/layered-runtime.ts";
import { RuntimeSnapshot } from "../runtime/runtime-snapshot.ts";
import type { SecretManager } from "../secret/secret-manager.ts";
import { SecretStore } from "../secret/secret-store.ts";
import { StatsFlush } from "../stats/stats-flush.ts";
import { StatsRegistry } from "../stats/stats-registry.ts";
import { compileStatsSettings } from "../stats/stats-settings.ts";
import { chosenWatchdogs, Watchdogs } from "../watchdog/watchdogs.ts";
import { SharedDrainState } from "../worker/shared-drain-state.ts";
import { SharedSlots } from "../worker/shared-slots.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { checkVirtualHostSource } from "../xds/check-virtual-host-source.ts";
import { ControlPlanes } from "../xds/control-planes.ts";
import type { DynamicResources } from "../xds/dynamic-resources.ts";
import type { ExtensionDiscovery } from "../xds/extension-discovery.ts";
import { OnDemandClusters } from "../xds/on-demand-clusters.ts";
import type { RouteDiscovery } from "../xds/route-discovery.ts";
import type { ScopedRouteDiscovery } from "../xds/scoped-route-discovery.ts";
import type { VirtualHostDiscovery } from "../xds/virtual-host-discovery.ts";
import type { ApplicationLog } from "./application-log.ts";
import { settle, startupError } from "./bootstrap-problems.ts";
import { daysUntilFirstExpiry } from "./certificates-in-service.ts";
import { checkBootstrapExtensions } from "./check-bootstrap-extensions.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkStaticResources } from "./check-static-resources.ts";
import type { ServerOptions } from "./command-line.ts";
import { createDiscoveries } from "./create-discoveries.ts";
import { createDynamicResources } from "./create-dynamic-resources.ts";
import { ListenerDrain } from "./listener-drain.ts";
import type { LoadedBootstrap } from "./load-bootstrap.ts";
import { buildNode, localInfoOf } from "./node-identity.ts";
import type { ServerOutlets } from "./server-outlets.ts";
import { publishServerStats, type ServerState } from "./server-stats.ts";
import { StartupError } from "./startup-error.ts";
import { TelemetryRelay } from "./telemetry-relay.ts";
import { ThreadControls } from "./thread-controls.ts";
import { createValidationContext } from "./validation-context.ts";
import { VERSION_NUMBER } from "./version.ts";
import type { WorkerCommand } from "./worker/worker-messages.ts";
import { WorkerPool } from "./worker/worker-pool.ts";
import { type ReportReaders, readWorkerReport } from "./worker-reports.ts";

/**
 * The main thread: everything that is not a connection. Puts its parts together and runs them in order: `create` checks all
 * that can be checked without running, `start` brings the workers, the admin interface, the clusters and last the listeners
 * into service, `terminate` lets connections end, `stop` ends at once. The parts know each other only by what they are given
 * here; none of them knows the server but what tells of all of it, which is given from outside (`ServerOutlets`).
 */
export class Server {
  readonly options: ServerOptions;
  readonly bootstrap: LoadedBootstrap;
  readonly node: Node;
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  readonly log: ApplicationLog;
  readonly clusters: ClusterManager;
  readonly listeners: ListenerManager;
  readonly listenerDrain: ListenerDrain;
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
  readonly statsFlush: StatsFlush;
  readonly threads: ThreadControls;
  state: ServerState = "PRE_INITIALIZING";
  readonly #pool: WorkerPool;
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
  readonly #connections: OwnConnections;
  readonly #reportReaders: ReportReaders;
  readonly #outlets: ServerOutlets;
  #admin: Awaited<ReturnType<ServerOutlets["startAdmin"]>>;
  #orders: ReturnType<ServerOutlets["startOrders"]>;
  #loadReports: ReturnType<ServerOutlets["startLoadReports"]>;
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
    outlets: ServerOutlets,
  ) {
    this.options = options;
    this.#outlets = outlets;
    this.bootstrap = bootstrap;
    const headerPrefix = settle(bootstrap, compileHeaderPrefix(bootstrap.message.headerPrefix));
    useEnvoyHeaderPrefix(headerPrefix);
    const inlineHeaders = settle(bootstrap, compileInlineHeaders(bootstrap.message.inlineHeaders));
    useInlineHeaders(inlineHeaders);
    this.stats = new StatsRegistry(
      settle(bootstrap, compileStatsSettings(bootstrap.message.statsConfig, "stats_config")),
    );
    this.controlPlanes = new ControlPlanes(this.stats);
    const calls = this.stats.root().scope("http").scope("async-client").counter("rq_total");
    this.#connections = new OwnConnections(calls);
    this.stats.onRead(() => this.#connections.countBytes());
    this.log = log;
    this.node = buildNode(bootstrap.message.node, options, extensions);
    this.drain = new SharedDrainState(this.#drainBuffer);
    this.runtime = settle(
      bootstrap,
      RuntimeLayers.compile(bootstrap.message.layeredRuntime, "layered_runtime", {
        serviceCluster: this.node.cluster,
        stats: this.stats.root().scope("runtime"),
        log,
      }),
    );
    this.#runtimeView.replace(this.runtime.merged());
    this.#overload = settle(
      bootstrap,
      OverloadManager.compile(bootstrap.message.overloadManager, "overload_manager", {
        stats: this.stats.root(),
        state: new SharedOverloadState(this.#overloadBuffer, systemRandom),
        log,
        onChange: () => void this.#pool.broadcast({ type: "overload" }),
      }),
    );
    this.#watchdogs = settle(
      bootstrap,
      Watchdogs.compile(settle(bootstrap, chosenWatchdogs(bootstrap.message)), "watchdogs", {
        concurrency: options.concurrency,
        stats: this.stats.root(),
        random: systemRandom,
        onRead: (refresh) => this.stats.onRead(refresh),
      }),
    );
    const localCluster = bootstrap.message.clusterManager?.localClusterName ?? "";
    const localInfo = { ...localInfoOf(this.node), localCluster };
    const { concurrency } = options;
    const broadcast = (command: WorkerCommand) => this.#pool.broadcast(command);
    const discoveries = createDiscoveries({
      stats: this.stats,
      controlPlanes: this.controlPlanes,
      extensions,
      secretStore: this.secrets,
      log,
      broadcast,
      sources: () => this.dynamic,
      compileListener: (listener) => compileListener(listener, this.#context),
      checkRoutes: (config) => this.checkRoutes(config),
    });
    this.endpoints = discoveries.endpoints;
    this.secretManager = discoveries.secrets;
    this.virtualHosts = discoveries.virtualHosts;
    this.routes = discoveries.routes;
    this.scopes = discoveries.scopes;
    this.filterConfigs = discoveries.filterConfigs;
    this.#eventLogs = new EventLogs(systemTimers, log);
    // Who only judges does not ask whether he would hear it.
    const hasAds = bootstrap.message.dynamicResources?.adsConfig !== undefined || options.validateStdin;
    this.clusters = new ClusterManager({
      hasAds,
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
        const compilers = { extensions, filters: upstreamFilterCompiler(this.#context) };
        return checkClusterPolicies(options, path, compilers, this.#context.stats);
      },
      acquireFilter: (reference) => this.filterConfigs.acquire(reference),
      extensions,
      broadcast,
      log,
    });
    this.onDemandClusters = new OnDemandClusters(this.clusters, (source, names) =>
      this.dynamic.setNames(TYPE_URLS.cluster, source, names),
    );
    this.listeners = new ListenerManager({
      hasAds,
      concurrency,
      stats: this.stats,
      ...discoveries.references,
      drainTimeMs: options.drainTimeMs,
      broadcast,
      send: (index, command) => this.#pool.send(index, command),
      compile: (listener) => compileListener(listener, this.#context),
      log,
    });
    this.listenerDrain = new ListenerDrain(this.listeners, options.drainTimeMs);
    this.#context = createValidationContext({
      concurrency,
      runtime: this.#runtimeView,
      log,
      localInfo,
      clusters: { has: (name) => this.clusters.has(name) || this.#declaredClusters.has(name) },
      extensions,
      secrets: this.secrets,
      tracingProvider: bootstrap.message.tracing?.http,
    });
    const nodeBytes = toBinary(NodeSchema, this.node);
    const tracing = toBinary(TracingSchema, bootstrap.message.tracing ?? create(TracingSchema));
    const sharedSlots = SharedSlots.allocate(concurrency);
    const shared = new SharedSlots(sharedSlots, 0, concurrency);
    const logLevels = Array.from({ length: concurrency }, () => log.level);
    this.#pool = new WorkerPool({
      concurrency,
      init: (workerIndex) => ({
        workerIndex,
        concurrency,
        localInfo,
        node: nodeBytes,
        tracing,
        localCluster,
        logLevel: logLevels[workerIndex] ?? log.level,
        drainState: this.#drainBuffer,
        drain: { drainTimeMs: options.drainTimeMs, gradual: options.drainStrategy === "gradual" },
        overloadState: this.#overloadBuffer,
        overload: this.#overload.workerSettings,
        headerPrefix,
        inlineHeaders,
        heartbeats: this.#watchdogs.page,
        sharedSlots,
        accessLogFlushMs: options.accessLogFlushMs,
        ticketSeed: this.#ticketSeed,
      }),
      onReport: (workerIndex, report) => readWorkerReport(this.#reportReaders, workerIndex, report),
      onExit: (workerIndex) => {
        this.#watchdogs.onWorkerExit(workerIndex);
        this.stats.detach(workerIndex);
        shared.clearWorker(workerIndex);
        this.clusters.onWorkerExit(workerIndex);
        this.listeners.onWorkerExit(workerIndex);
      },
      onRestart: (workerIndex) => this.listeners.onWorkerRestart(workerIndex),
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
    this.threads = new ThreadControls(this.#pool, log, logLevels);
    this.#relay = new TelemetryRelay(nodeBytes, localInfo, (name) => this.resolveCluster(name), this.stats);
    this.#reportReaders = {
      stats: this.stats,
      clusters: this.clusters,
      listeners: this.listeners,
      routes: this.routes,
      scopes: this.scopes,
      onDemandClusters: this.onDemandClusters,
      relay: this.#relay,
      log,
      send: (index, command) => this.#pool.send(index, command),
    };
    const resolve = (name: string) => this.resolveCluster(name);
    this.statsFlush = settle(
      bootstrap,
      StatsFlush.compile(bootstrap.message, this.stats, {
        node: nodeBytes,
        resolve,
        version: VERSION_NUMBER,
        isStatic: (name) =>
          bootstrap.message.staticResources?.clusters.some((each) => each.name === name) === true,
        log,
      }),
    );
    const flags = bootstrap.message.flagsPath;
    if (flags !== "" && existsSync(join(flags, "drain"))) {
      log.info("starting with failed health checks: the flag 'drain' is there");
      this.drain.setHealthCheckFailed(true);
    }
    this.dynamic = createDynamicResources(this);
    publishServerStats(this.stats, {
      concurrency: options.concurrency,
      version: bootstrap.message.statsServerVersionOverride,
      startedAt: this.startedAt,
      daysUntilFirstExpiry: () => daysUntilFirstExpiry(this),
      isLive: () => this.state === "LIVE" && !this.drain.healthCheckFailed,
      state: () => this.readiness,
    });
  }

  /** Checks everything that can be checked without running. Throws a StartupError that lists every problem. */
  static async create(
    options: ServerOptions,
    bootstrap: LoadedBootstrap,
    log: ApplicationLog,
    outlets: ServerOutlets,
  ): Promise<Server> {
    const server = new Server(options, bootstrap, log, standardExtensions(), outlets);
    server.#checkStatic();
    outlets.check(server);
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
    this.#admin = await this.#outlets.startAdmin(this, this.#runtimeView);
    this.state = "INITIALIZING";
    const resources = this.bootstrap.message.staticResources;
    for (const cluster of resources?.clusters ?? []) this.clusters.set(cluster, "static", "");
    this.#orders = this.#outlets.startOrders(this);
    this.#loadReports = this.#outlets.startLoadReports(this);
    await this.dynamic.start();
    for (const [index, listener] of (resources?.listeners ?? []).entries()) {
      const problems = await this.listeners.set(listener, "static", "");
      if (problems.length > 0)
        throw startupError(this.bootstrap, problems, `static_resources.listeners[${index}]`);
    }
    await this.listeners.settled();
    for (const { failure } of this.listeners.list()) {
      if (failure?.source === "static") throw new StartupError(failure.message);
    }
    this.#watchdogs.start();
    if (!this.#stopping) this.state = "LIVE";
    this.stats.root().scope("listener_manager").gauge("workers_started").set(1);
    this.stats
      .root()
      .histogram("server.initialization_time_ms")
      .record(performance.now() - began);
    this.statsFlush.start();
    this.log.info(
      `started in ${Math.round(performance.now() - began)} ms with ${this.options.concurrency} workers`,
    );
  }

  /** For checks of what is not in force: clusters that resources may name. Those of the bootstrap stay known. */
  declareClusters(names: readonly string[]): void {
    const own = this.bootstrap.message.staticResources?.clusters.map(({ name }) => name) ?? [];
    this.#declaredClusters = new Set([...own, ...names]);
  }

  checkRoutes(config: RouteConfiguration): readonly Problem[] {
    const ads = this.bootstrap.message.dynamicResources?.adsConfig;
    const vhds = config.vhds === undefined ? [] : checkVirtualHostSource(config.vhds.configSource, ads);
    if (vhds.length > 0) return vhds;
    return checkRoutes(config, (listener: Listener) => compileListener(listener, this.#context));
  }

  /** A host of the cluster, for the proxy's own gRPC clients. */
  resolveCluster(name: string): GrpcHost | undefined {
    return grpcHostOf(this.clusters.get(name), this.#connections);
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

  /** SIGTERM: as `stop`, but connections get `--termination-drain-s` to end. */
  async terminate(): Promise<void> {
    if (this.state === "DRAINING") return;
    this.state = "DRAINING";
    const limitMs = this.options.terminationDrainMs;
    if (limitMs > 0) {
      this.log.info(`draining for at most ${limitMs / 1000} s`);
      await this.listenerDrain.end(limitMs);
    }
    await this.stop();
  }

  async reopenLogs(): Promise<void> {
    this.log.reopen();
    this.#admin?.reopen();
    this.#eventLogs.reopen();
    await this.#pool.broadcast({ type: "reopen-logs" });
  }

  /** Ends at once; what is buffered (access logs, spans, stats) is still sent, for a second at most. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#watchdogs.stop();
    this.statsFlush.stop();
    await this.#admin?.close();
    void this.#orders?.close();
    void this.#loadReports?.close();
    this.dynamic.stop();
    this.#overload.stop();
    this.clusters.stop();
    this.#eventLogs.flush();
    this.listeners.stop();
    this.listenerDrain.stop();
    this.runtime.stop();
    this.secretManager.stop();
    await Promise.race([
      this.#pool.broadcast({ type: "flush" }),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    this.statsFlush.flush();
    await this.#pool.stop();
    await Promise.all([this.#relay.close(1000), this.statsFlush.close(1000)]);
    this.#resolveEnded();
  }

  #checkStatic(): void {
    const extensions = checkBootstrapExtensions(this.bootstrap.message);
    if (extensions.length > 0) throw startupError(this.bootstrap, extensions, "");
    const problems = checkStaticResources(this.bootstrap.message, {
      secrets: this.secretManager,
      clusters: this.clusters,
      listeners: this.listeners,
      declare: (names) => {
        this.#declaredClusters = names;
      },
    });
    if (problems.length > 0) throw startupError(this.bootstrap, problems, "");
  }

  /** `typed_dns_resolver_config`, of whatever names no resolver of its own. */
  #resolverOf(bootstrap: LoadedBootstrap): Resolve {
    const problems: Problem[] = [];
    const usual = chosenResolver({ ...bootstrap.message, dnsResolvers: [] }, problems);
    if (problems.length > 0) throw startupError(bootstrap, problems, "");
    return (name, family, withTtl, resolver = usual) => systemResolve(name, family, withTtl, resolver);
  }

  /** What `/ready` tells. */
  get readiness(): ServerState {
    return this.state === "LIVE" && this.drain.healthCheckFailed ? "DRAINING" : this.state;
  }
}
