import { equals, toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import type { XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type TypedExtensionConfig,
  TypedExtensionConfigSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sourceKey } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";
import type { Discovery } from "./discovery.ts";
import type { DiscoveryCommand } from "./discovery-command.ts";
import {
  type ExtensionKind,
  type ExtensionReference,
  extensionKey,
  wrongType,
} from "./extension-reference.ts";
import { FirstUpdate } from "./first-update.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { WatchStats } from "./watch-stats.ts";

/** What a discovered filter refers to by itself, held for as long as it is in force. */
export interface HeldReferences {
  readonly ready: Promise<unknown>;
  release(): void;
}

interface Entry {
  readonly kind: ExtensionKind;
  readonly key: string;
  readonly name: string;
  readonly source: string;
  readonly users: Set<ExtensionReference>;
  readonly stats: WatchStats;
  readonly first: FirstUpdate;
  config: TypedExtensionConfig | undefined;
  held: HeldReferences | undefined;
  version: string;
  updatedAt: Date;
}

export interface ExtensionDiscoveryOptions {
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  broadcast(command: DiscoveryCommand): Promise<unknown>;
  /** The set of names that are needed from a source has changed. */
  onNames(source: ConfigSource, names: readonly string[]): void;
  /** Everything wrong with a configuration at the place that takes it. */
  check(config: TypedExtensionConfig, at: ExtensionReference): readonly Problem[];
  /** Acquires what the configuration needs: routes, secrets, further filters. */
  acquire(config: TypedExtensionConfig): HeldReferences;
}

/** ECDS on the main thread: configurations of filters that stand by name in listeners, connection managers, routers and clusters. */
export class ExtensionDiscovery implements Discovery {
  readonly #options: ExtensionDiscoveryOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ExtensionDiscoveryOptions) {
    this.#options = options;
  }

  /** `ready` resolves when there is a configuration in force, at once where the default one is to be. */
  acquire(reference: ExtensionReference): HeldReferences {
    const { kind, name, source, config } = reference;
    const key = extensionKey(kind, source, name);
    const known = this.#entries.get(key);
    const entry = known ?? this.#create(key, reference);
    this.#entries.set(key, entry);
    entry.users.add(reference);
    if (known === undefined) this.#tellNames(source);
    else if (entry.config !== undefined && this.#problems(entry.config, reference).length > 0)
      entry.stats.scope.counter("config_conflict").inc();
    const waits = config.defaultConfig === undefined || !config.applyDefaultConfigWithoutWarming;
    return {
      ready: waits ? entry.first.ready() : Promise.resolve(),
      release: () => {
        entry.users.delete(reference);
        if (entry.users.size > 0 || this.#entries.get(key) !== entry) return;
        this.#entries.delete(key);
        entry.first.settle();
        entry.held?.release();
        entry.stats.release();
        this.#tellNames(source);
        void this.#options.broadcast({ type: "remove-extension-config", key });
      },
    };
  }

  async onUpdate(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const refusals = new Refusals();
    for (const resource of update.updated) {
      // A name may stand for filters of several kinds, each of which takes or refuses the configuration for itself.
      for (const entry of this.#of(source, [resource.name])) {
        const config = refusals.check(TypedExtensionConfigSchema, resource, (each) =>
          [...entry.users].flatMap((user) => this.#problems(each, user)),
        );
        if (config === undefined) {
          entry.stats.rejected();
          entry.stats.scope.counter("config_fail").inc();
          entry.first.settle();
        } else await this.#take(entry, config, update.version);
      }
    }
    for (const entry of this.#of(source, update.removed)) await this.#remove(entry);
    return refusals.outcome("ECDS");
  }

  attempted(source: string, names: readonly string[]): void {
    for (const { stats } of this.#of(source, names)) stats.attempted();
  }

  failed(source: string, names: readonly string[], final: boolean): void {
    for (const { stats, first } of this.#of(source, names)) {
      stats.failure();
      stats.scope.counter("config_fail").inc();
      if (final) first.settle();
    }
  }

  list(): readonly {
    readonly kind: ExtensionKind;
    readonly config: TypedExtensionConfig;
    readonly version: string;
    readonly updatedAt: Date;
  }[] {
    return [...this.#entries.values()].flatMap(({ kind, config, version, updatedAt }) =>
      config === undefined ? [] : [{ kind, config, version, updatedAt }],
    );
  }

  /** What a new worker must be told. */
  replay(): readonly DiscoveryCommand[] {
    return this.list().length === 0
      ? []
      : [...this.#entries.values()].flatMap(({ key, config }) =>
          config === undefined ? [] : [commandOf(key, config)],
        );
  }

  #create(key: string, { kind, name, source }: ExtensionReference): Entry {
    const { stats: registry, controlPlanes } = this.#options;
    const path = ["extension_config_discovery", KIND_STATS[kind], name];
    const more = ["config_reload", "config_fail", "config_conflict"];
    const stats = new WatchStats(registry, path, source, controlPlanes, more);
    const first = new FirstUpdate(durationMs(source.initialFetchTimeout, 15_000), () => {
      stats.timedOut();
      stats.scope.counter("config_fail").inc();
    });
    return {
      kind,
      key,
      name,
      source: sourceKey(source),
      users: new Set(),
      stats,
      first,
      config: undefined,
      held: undefined,
      version: "",
      updatedAt: new Date(),
    };
  }

  async #take(entry: Entry, config: TypedExtensionConfig, version: string): Promise<void> {
    const sinceMs = performance.now();
    const changed = entry.config === undefined || !equals(TypedExtensionConfigSchema, entry.config, config);
    entry.stats.success(version, sinceMs);
    if (changed) {
      entry.config = config;
      // As in Envoy, the version that brought it.
      entry.version = version;
      entry.updatedAt = new Date();
      const before = entry.held;
      const held = this.#options.acquire(config);
      entry.held = held;
      // What it refers to may come behind it on the same stream, so the stream must not wait for it.
      void held.ready.then(async () => {
        if (entry.held === held && this.#entries.get(entry.key) === entry) {
          await this.#options.broadcast(commandOf(entry.key, config));
          entry.stats.scope.counter("config_reload").inc();
        }
        before?.release();
        entry.first.settle();
      });
    } else entry.first.settle();
  }

  /** The default configuration, where there is one, takes its place. */
  async #remove(entry: Entry): Promise<void> {
    if (entry.config === undefined) return;
    entry.config = undefined;
    entry.held?.release();
    entry.held = undefined;
    await this.#options.broadcast({ type: "extension-config", key: entry.key, bytes: undefined });
    entry.stats.scope.counter("config_reload").inc();
  }

  #problems(config: TypedExtensionConfig, at: ExtensionReference): readonly Problem[] {
    const wrong = wrongType(config.typedConfig, at.config.typeUrls);
    return wrong === undefined
      ? this.#options.check(config, at)
      : [{ path: "typed_config", message: wrong, severity: "error" }];
  }

  #of(source: string, names: readonly string[]): readonly Entry[] {
    return [...this.#entries.values()].filter((each) => each.source === source && names.includes(each.name));
  }

  #tellNames(source: ConfigSource): void {
    const key = sourceKey(source);
    const mine = [...this.#entries.values()].filter((entry) => entry.source === key);
    this.#options.onNames(source, [...new Set(mine.map(({ name }) => name))]);
  }
}

function commandOf(key: string, config: TypedExtensionConfig): DiscoveryCommand {
  return { type: "extension-config", key, bytes: toBinary(TypedExtensionConfigSchema, config) };
}

const KIND_STATS: Readonly<Record<ExtensionKind, string>> = {
  http: "http_filter",
  upstream_http: "upstream_http_filter",
  network: "network_filter",
  listener: "tcp_listener_filter",
};
