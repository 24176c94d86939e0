import type { StatsScope } from "@sluice/extension-api";
import { TYPE_URLS } from "@sluice/xds";
import type { XdsSubscription, XdsUpdate } from "@sluice/xds/client";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { RuntimeSchema } from "@sluice/xds/gen/envoy/service/runtime/v3/rtds_pb.js";
import type { Server } from "../server/server.ts";
import { StartupError } from "../server/startup-error.ts";
import { checkResourceSources } from "./check-resource-sources.ts";
import { isFile, isStreamed, sourceKey } from "./config-source.ts";
import { ConfigSources } from "./config-sources.ts";
import type { Discovery } from "./discovery.ts";
import { LastGoodConfig } from "./last-good-config.ts";
import { NamedSubscriptions } from "./named-subscriptions.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { recordUpdate, UPDATE_DURATION } from "./update-duration.ts";
import { hashVersion } from "./version-hash.ts";

const { listener: LDS, cluster: CDS, endpoint: EDS, secret: SDS, route: RDS, runtime: RTDS } = TYPE_URLS;
const { scopedRoute: SRDS, virtualHost: VHDS, extensionConfig: ECDS } = TYPE_URLS;
/** Types of which only what somebody needs is subscribed to. */
const NAMED = [EDS, RDS, SDS, VHDS, ECDS, CDS];
/** What others refer to comes first. */
const ORDER = [RTDS, SDS, CDS, EDS, ECDS, LDS, SRDS, RDS, VHDS];

const SUBSCRIPTION_COUNTERS = [
  "update_attempt",
  "update_success",
  "update_failure",
  "update_rejected",
  "init_fetch_timeout",
] as const;

/** Without an answer for so long at the start, the last good configuration is taken from disk. */
const LAST_GOOD_AFTER_MS = 2000;
const INITIAL_FETCH_TIMEOUT_MS = 15_000;

type Handler = (update: XdsUpdate, source: string) => Promise<Refusal | undefined>;

/** Applies what sources send: checks each resource here, puts the good ones in force, and answers what is wrong with the others. */
export class DynamicResources {
  readonly #server: Server;
  readonly #sources: ConfigSources;
  readonly #lastGood: LastGoodConfig | undefined;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #known = new Map<string, Set<string>>();
  readonly #first = new Map<string, () => void>();
  readonly #firstPromises = new Map<string, Promise<void>>();
  readonly #names: ReadonlyMap<string, NamedSubscriptions>;
  readonly #discoveries: ReadonlyMap<string, Discovery>;
  #allClusters: { readonly source: string; readonly subscription: XdsSubscription } | undefined;
  #clustersSettled: Promise<unknown> = Promise.resolve();
  #fromDisk: string | undefined;
  readonly #stale = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
    this.#sources = new ConfigSources({
      node: server.node,
      ads: server.bootstrap.message.dynamicResources?.adsConfig,
      resolve: (cluster) => server.resolveCluster(cluster),
      controlPlanes: server.controlPlanes,
      random: Math.random,
      log: server.log,
    });
    if (server.bootstrap.message.dynamicResources?.adsConfig !== undefined)
      server.controlPlanes.watchAggregated(server.stats.root());
    const { stateDir } = server.options;
    this.#lastGood =
      stateDir === undefined
        ? undefined
        : new LastGoodConfig(stateDir, server.node.id, (message) => server.log.error(message));
    this.#handlers = new Map<string, Handler>([
      [CDS, (update, source) => this.#onClusters(update, source)],
      [EDS, (update, source) => this.#onEndpoints(update, source)],
      [LDS, (update, source) => this.#onListeners(update, source)],
      [RDS, (update, source) => this.#onRoutes(update, source)],
      [RTDS, (update, source) => this.#onRuntime(update, source)],
    ]);
    for (const typeUrl of [RTDS, CDS, LDS]) {
      this.#firstPromises.set(typeUrl, new Promise((resolve) => this.#first.set(typeUrl, resolve)));
    }
    this.#discoveries = new Map<string, Discovery>([
      [SDS, server.secretManager],
      [SRDS, server.scopes],
      [VHDS, server.virtualHosts],
      [ECDS, server.filterConfigs],
    ]);
    this.#names = new Map(
      NAMED.map((type) => [
        type,
        new NamedSubscriptions((source, names) => this.#subscribe(type, source, names)),
      ]),
    );
  }

  /** Throws a StartupError for sources that are not implemented. */
  static create(server: Server): DynamicResources {
    const { bootstrap, node, runtime } = server;
    const layers = runtime.resources.map(({ source }) => source);
    const problems = checkResourceSources(bootstrap.message, node.id, layers);
    if (problems.length > 0) {
      throw new StartupError(problems.map((problem) => bootstrap.explain(problem)).join("\n"));
    }
    return new DynamicResources(server);
  }

  /** Resolves when the first configuration is in service, from its source or from disk, or its time is over. */
  async start(): Promise<void> {
    const config = this.#server.bootstrap.message.dynamicResources;
    const wanted: (readonly [string, ConfigSource])[] = [];
    if (config?.cdsConfig !== undefined) wanted.push([CDS, config.cdsConfig]);
    if (config?.ldsConfig !== undefined) wanted.push([LDS, config.ldsConfig]);
    const fallback = setTimeout(() => void this.#useLastGood(), LAST_GOOD_AFTER_MS);
    await this.#startRuntime();
    for (const [typeUrl, source] of wanted) {
      const subscription = this.#subscribe(typeUrl, source, "*");
      if (typeUrl === CDS) this.#allClusters = { source: sourceKey(source), subscription };
    }
    for (const [typeUrl] of wanted) await this.#firstPromises.get(typeUrl);
    clearTimeout(fallback);
    await this.#server.clusters.settled();
    await this.#server.listeners.settled();
  }

  /** As in Envoy, runtime values come before what depends on them. */
  async #startRuntime(): Promise<void> {
    const { resources } = this.#server.runtime;
    const subscriptions = new NamedSubscriptions((source, names) => this.#subscribe(RTDS, source, names));
    for (const { source } of resources) {
      const same = resources.filter((each) => sourceKey(each.source) === sourceKey(source));
      subscriptions.setNames(source, [...new Set(same.map(({ name }) => name))]);
    }
    if (resources.length > 0) await this.#firstPromises.get(RTDS);
  }

  /** The set of names of a type that somebody needs from a source has changed. */
  setNames(typeUrl: string, source: ConfigSource, names: readonly string[]): void {
    const all = this.#allClusters;
    // There is one subscription of a type on a stream: what is asked for by name is asked for besides.
    if (typeUrl === CDS && all?.source === sourceKey(source)) all.subscription.setNames(names);
    else this.#names.get(typeUrl)?.setNames(source, names);
  }

  /** All that a source has of a type. */
  subscribeAll(typeUrl: string, source: ConfigSource): XdsSubscription {
    return this.#subscribe(typeUrl, source, "*");
  }

  /** When the present configuration was saved, if it is the one from disk. */
  get lastGoodSince(): string | undefined {
    return this.#fromDisk;
  }

  get connected(): boolean {
    return this.#sources.connected;
  }

  stop(): void {
    this.#lastGood?.save();
    void this.#sources.close();
  }

  #subscribe(typeUrl: string, source: ConfigSource, names: readonly string[] | "*"): XdsSubscription {
    const key = sourceKey(source);
    const { endpoints, routes, log } = this.#server;
    const discovery = this.#discoveries.get(typeUrl);
    const scope = this.#scopeOf(typeUrl, key);
    for (const counter of SUBSCRIPTION_COUNTERS) scope?.counter(counter);
    scope?.histogram(UPDATE_DURATION);
    if (scope !== undefined) this.#server.stats.defineText(`${scope.prefix}version_text`);
    const unwatch = scope === undefined ? undefined : this.#server.controlPlanes.watch(source, scope);
    if (typeUrl === CDS) scope?.counter("config_reload");
    let wanted = names === "*" ? [] : names;
    const streamed = isStreamed(source);
    const subscription = this.#sources.subscribe(
      source,
      typeUrl,
      names,
      async (update) => {
        const sinceMs = performance.now();
        const refused = await this.#onUpdate(typeUrl, update, key);
        if (streamed && refused === undefined && scope !== undefined) recordUpdate(scope, sinceMs);
        return refused;
      },
      {
        namespaces: typeUrl === VHDS,
        onInitialFetchTimeout: () => {
          scope?.counter("init_fetch_timeout").inc();
          this.#first.get(typeUrl)?.();
        },
        onAttempt: () => {
          scope?.counter("update_attempt").inc();
          if (typeUrl === EDS) endpoints.attempted(key, wanted);
          if (typeUrl === RDS) routes.attempted(key, wanted);
          discovery?.attempted(key, wanted);
        },
        onRejected: (message) => {
          scope?.counter("update_rejected").inc();
          log.warn(`refused: ${message}`);
          this.#first.get(typeUrl)?.();
        },
        onFailure: (message) => {
          scope?.counter("update_failure").inc();
          if (typeUrl === EDS) endpoints.failed(key, wanted, message);
          if (typeUrl === RDS) routes.failed(key, wanted, isFile(source));
          discovery?.failed(key, wanted, isFile(source));
          if (!isFile(source)) return;
          log.warn(`${typeUrl}: ${message}`);
          this.#first.get(typeUrl)?.();
        },
      },
    );
    return {
      setNames(next) {
        wanted = next;
        subscription.setNames(next);
      },
      close: () => {
        subscription.close();
        unwatch?.();
      },
    };
  }

  async #onUpdate(typeUrl: string, received: XdsUpdate, source: string): Promise<string | undefined> {
    // Behind what came from disk everything that is not sent now is gone, also on delta streams.
    const update = this.#stale.delete(storedName(typeUrl, source))
      ? { ...received, full: typeUrl === CDS || typeUrl === LDS }
      : received;
    if (this.#fromDisk !== undefined) {
      this.#server.log.info(
        "the control plane is back; its configuration replaces the last good one from disk",
      );
      this.#fromDisk = undefined;
    }
    return this.#apply(typeUrl, update, source);
  }

  async #apply(typeUrl: string, update: XdsUpdate, source: string): Promise<string | undefined> {
    const discovery = this.#discoveries.get(typeUrl);
    const handler = this.#handlers.get(typeUrl);
    if (discovery === undefined && handler === undefined) return `${typeUrl} is not implemented`;
    const scope = this.#scopeOf(typeUrl, source);
    const refused = await (discovery?.onUpdate(update, source) ?? handler?.(update, source));
    this.#lastGood?.record(storedName(typeUrl, source), update, refused?.names ?? new Set());
    if (refused === undefined) {
      scope?.counter("update_success").inc();
      scope?.gauge("update_time").set(Date.now());
    }
    if (typeUrl === CDS && update.updated.length + update.removed.length > 0) {
      scope?.counter("config_reload").inc();
      scope?.gauge("config_reload_time_ms").set(Date.now());
    }
    void this.#reportEffective(typeUrl, source, update.version, refused === undefined);
    return refused?.message;
  }

  /** Once every worker runs it: the version gauge, and the sinks at once, so that the control plane sees it. */
  async #reportEffective(typeUrl: string, source: string, version: string, accepted: boolean): Promise<void> {
    const { clusters, listeners, stats } = this.#server;
    if (typeUrl === CDS || typeUrl === EDS) await clusters.settled();
    if (typeUrl === LDS) await listeners.settled();
    const scope = this.#scopeOf(typeUrl, source);
    if (accepted && scope !== undefined) {
      scope.gauge("version").set(hashVersion(version));
      stats.setText(`${scope.prefix}version_text`, version);
    }
    this.#first.get(typeUrl)?.();
    this.#server.statsFlush.flush();
  }

  async #onClusters(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const { clusters } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const cluster = refusals.check(ClusterSchema, resource, (message) => clusters.check(message));
      if (cluster !== undefined) clusters.set(cluster, "dynamic", update.version);
    }
    for (const name of this.#gone(storedName(CDS, source), update)) clusters.remove(name);
    this.#server.onDemandClusters.missing(update.removed);
    this.#clustersSettled = clusters.settled();
    return refusals.outcome("CDS");
  }

  async #onEndpoints(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const { endpoints } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const assignment = refusals.check(ClusterLoadAssignmentSchema, resource, (message) =>
        endpoints.check(message),
      );
      if (assignment === undefined) endpoints.rejected(source, resource.name, "is refused");
      else endpoints.set(source, assignment, update.version);
    }
    for (const name of update.removed) endpoints.remove(source, name);
    return refusals.outcome("EDS");
  }

  async #onListeners(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const { listeners } = this.#server;
    // Listeners refer to clusters: those of this configuration come first.
    await Promise.race([
      this.#firstClusters(),
      new Promise((resolve) => setTimeout(resolve, INITIAL_FETCH_TIMEOUT_MS).unref()),
    ]);
    await this.#clustersSettled;
    const refusals = new Refusals();
    listeners.forgetFailures();
    for (const name of this.#gone(storedName(LDS, source), update)) listeners.remove(name);
    for (const resource of update.updated) {
      const listener = refusals.check(ListenerSchema, resource, (message) => {
        const problems = listeners.check(message);
        listeners.recordFailure(message, update.version, problems);
        return problems;
      });
      if (listener === undefined) continue;
      const problems = await listeners.set(listener, "dynamic", update.version);
      listeners.recordFailure(listener, update.version, problems);
      if (problems.length > 0) refusals.add(resource.name, problems);
    }
    return refusals.outcome("LDS");
  }

  async #onRoutes(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const { routes } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const config = refusals.check(RouteConfigurationSchema, resource, (message) => routes.check(message));
      if (config === undefined) routes.rejected(source, resource.name);
      else await routes.set(source, config, update.version);
    }
    for (const name of update.removed) routes.missing(source, name);
    return refusals.outcome("RDS");
  }

  async #onRuntime(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const { runtime } = this.#server;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const message = refusals.check(RuntimeSchema, resource, () => []);
      if (message !== undefined) runtime.discover(source, resource.name, message.layer);
    }
    const streamed = runtime.resources.some(
      (each) => sourceKey(each.source) === source && isStreamed(each.source),
    );
    for (const name of update.removed) {
      if (streamed) runtime.discover(source, name, undefined);
      else refusals.add(name, [{ path: "", message: "is not in the response", severity: "error" }]);
    }
    this.#server.applyRuntime();
    return refusals.outcome("RTDS");
  }

  #firstClusters(): Promise<void> | undefined {
    const wanted = this.#server.bootstrap.message.dynamicResources?.cdsConfig !== undefined;
    return wanted ? this.#firstPromises.get(CDS) : Promise.resolve();
  }

  /** Names that the update takes away: told as removed, or missing in a whole set. */
  #gone(stored: string, update: XdsUpdate): readonly string[] {
    const known = this.#known.get(stored) ?? new Set();
    const present = new Set(update.updated.map(({ name }) => name));
    const gone = new Set(update.removed);
    if (update.full) for (const name of known) if (!present.has(name)) gone.add(name);
    for (const name of gone) known.delete(name);
    for (const name of present) known.add(name);
    this.#known.set(stored, known);
    return [...gone];
  }

  async #useLastGood(): Promise<void> {
    const stored = this.#lastGood?.load();
    if (stored === undefined) return;
    this.#fromDisk = stored.savedAt;
    this.#server.log.warn(
      `the control plane does not answer; starting from the last good configuration, saved at ${stored.savedAt}`,
    );
    for (const typeUrl of ORDER) {
      for (const [name, update] of stored.updates) {
        if (!name.startsWith(typeUrl) || this.#fromDisk === undefined) continue;
        this.#stale.add(name);
        await this.#apply(typeUrl, update, name.slice(typeUrl.length + 1));
      }
      // What is not on disk is not waited for, so that the rest can follow.
      if (typeUrl === RTDS) this.#first.get(RTDS)?.();
    }
  }

  #scopeOf(typeUrl: string, source: string): StatsScope | undefined {
    const root = this.#server.stats.root();
    const { cdsConfig } = this.#server.bootstrap.message.dynamicResources ?? {};
    if (typeUrl === CDS && (cdsConfig === undefined || sourceKey(cdsConfig) !== source))
      return root.scope("cluster_manager").scope("odcds");
    if (typeUrl === RTDS) return root.scope("runtime");
    if (typeUrl === CDS) return root.scope("cluster_manager").scope("cds");
    return typeUrl === LDS ? root.scope("listener_manager").scope("lds") : undefined;
  }
}

/** Under which name the last good configuration of a source is kept. */
const storedName = (typeUrl: string, source: string): string =>
  source === "" ? typeUrl : `${typeUrl} ${source}`;
