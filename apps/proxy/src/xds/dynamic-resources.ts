import type { Log, StatsScope } from "@sluice/extension-api";
import { TYPE_URLS } from "@sluice/xds";
import type { XdsSubscription, XdsUpdate } from "@sluice/xds/client";
import type { Bootstrap_DynamicResources } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { Node } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { ResolveCluster } from "../grpc/grpc-stream.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { isFile, isStreamed, sourceKey } from "./config-source.ts";
import { ConfigSources } from "./config-sources.ts";
import type { ControlPlanes } from "./control-planes.ts";
import type { Discovery } from "./discovery.ts";
import { LastGoodConfig } from "./last-good-config.ts";
import { NamedSubscriptions } from "./named-subscriptions.ts";
import { recordUpdate, UPDATE_DURATION, UPDATE_GAUGES } from "./update-duration.ts";
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

export interface DynamicResourcesOptions {
  /** Of the bootstrap; checked by `checkResourceSources`. */
  readonly config: Bootstrap_DynamicResources | undefined;
  readonly node: Node;
  /** Where the last good configuration is kept; undefined: nowhere. */
  readonly stateDir: string | undefined;
  readonly resolve: ResolveCluster;
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  readonly log: Log;
  /** Who takes over what is sent, by type URL. */
  readonly discoveries: ReadonlyMap<string, Discovery>;
  /** What the layers of the runtime need by RTDS. */
  readonly runtime: readonly { readonly source: ConfigSource; readonly name: string }[];
  /** Resolves when what was taken over of a type is in force in every worker. */
  settled(typeUrl: string): Promise<unknown>;
  /** An update of some type is in force, and the stats say so. */
  onEffective(): void;
}

/**
 * What is asked of which source, and what becomes of each answer: whoever the type belongs to takes it over (`Discovery`); here it is
 * counted, kept for a start without the control plane, and told when it is in force.
 */
export class DynamicResources {
  readonly #options: DynamicResourcesOptions;
  readonly #sources: ConfigSources;
  readonly #lastGood: LastGoodConfig | undefined;
  readonly #first = new Map<string, () => void>();
  readonly #firstPromises = new Map<string, Promise<void>>();
  readonly #names: ReadonlyMap<string, NamedSubscriptions>;
  #allClusters: { readonly source: string; readonly subscription: XdsSubscription } | undefined;
  #fromDisk: string | undefined;
  readonly #stale = new Set<string>();

  constructor(options: DynamicResourcesOptions) {
    this.#options = options;
    const { config, node, stateDir, resolve, stats, controlPlanes, log } = options;
    this.#sources = new ConfigSources({
      node,
      ads: config?.adsConfig,
      resolve,
      controlPlanes,
      random: Math.random,
      log,
    });
    if (config?.adsConfig !== undefined) controlPlanes.watchAggregated(stats.root());
    this.#lastGood =
      stateDir === undefined
        ? undefined
        : new LastGoodConfig(stateDir, node.id, (message) => log.error(message));
    for (const typeUrl of [RTDS, CDS, LDS]) {
      this.#firstPromises.set(typeUrl, new Promise((resolved) => this.#first.set(typeUrl, resolved)));
    }
    this.#names = new Map(
      NAMED.map((type) => [
        type,
        new NamedSubscriptions((source, names) => this.#subscribe(type, source, names)),
      ]),
    );
  }

  /** Resolves when the first configuration is in service, from its source or from disk, or its time is over. */
  async start(): Promise<void> {
    const { config, settled } = this.#options;
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
    await settled(CDS);
    await settled(LDS);
  }

  /** Resolves when clusters have come for the first time, cannot come, or none are to come. */
  async firstClusters(): Promise<void> {
    if (this.#options.config?.cdsConfig !== undefined) await this.#firstPromises.get(CDS);
  }

  /** As in Envoy, runtime values come before what depends on them. */
  async #startRuntime(): Promise<void> {
    const { runtime: resources } = this.#options;
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
    const { discoveries, stats, controlPlanes, log } = this.#options;
    const discovery = discoveries.get(typeUrl);
    const scope = this.#scopeOf(typeUrl, key);
    for (const counter of SUBSCRIPTION_COUNTERS) scope?.counter(counter);
    for (const gauge of UPDATE_GAUGES) scope?.gauge(gauge);
    scope?.histogram(UPDATE_DURATION);
    if (scope !== undefined) stats.defineText(`${scope.prefix}version_text`);
    const unwatch = scope === undefined ? undefined : controlPlanes.watch(source, scope);
    if (typeUrl === CDS) {
      scope?.counter("config_reload");
      scope?.gauge("config_reload_time_ms");
    }
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
          discovery?.attempted?.(key, wanted);
        },
        onRejected: (message) => {
          scope?.counter("update_rejected").inc();
          log.warn(`refused: ${message}`);
          this.#first.get(typeUrl)?.();
        },
        onFailure: (message) => {
          scope?.counter("update_failure").inc();
          discovery?.failed?.(key, wanted, isFile(source), message);
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
      this.#options.log.info(
        "the control plane is back; its configuration replaces the last good one from disk",
      );
      this.#fromDisk = undefined;
    }
    return this.#apply(typeUrl, update, source);
  }

  async #apply(typeUrl: string, update: XdsUpdate, source: string): Promise<string | undefined> {
    const discovery = this.#options.discoveries.get(typeUrl);
    if (discovery === undefined) return `${typeUrl} is not implemented`;
    const scope = this.#scopeOf(typeUrl, source);
    const refused = await discovery.onUpdate(update, source);
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
    const { settled, stats, onEffective } = this.#options;
    await settled(typeUrl);
    const scope = this.#scopeOf(typeUrl, source);
    if (accepted && scope !== undefined) {
      scope.gauge("version").set(hashVersion(version));
      stats.setText(`${scope.prefix}version_text`, version);
    }
    this.#first.get(typeUrl)?.();
    onEffective();
  }

  async #useLastGood(): Promise<void> {
    const stored = this.#lastGood?.load();
    if (stored === undefined) return;
    this.#fromDisk = stored.savedAt;
    this.#options.log.warn(
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
    const root = this.#options.stats.root();
    const cdsConfig = this.#options.config?.cdsConfig;
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
