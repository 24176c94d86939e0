import { toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { RouteReference } from "../listener/route-references.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { WorkerCommand } from "../worker/worker-messages.ts";
import { hashVersion } from "./version-hash.ts";

interface Entry {
  readonly references: Set<RouteReference>;
  readonly waiting: Set<() => void>;
  config: RouteConfiguration | undefined;
  version: string;
  updatedAt: Date;
}

export interface RouteDiscoveryOptions {
  readonly stats: StatsRegistry;
  broadcast(command: WorkerCommand): Promise<unknown>;
  /** The set of names that somebody needs has changed. */
  onNames(names: readonly string[]): void;
  /** Everything wrong with a route configuration; `compileListener`'s own code where it compiles routes. */
  check(config: RouteConfiguration): readonly Problem[];
}

/** RDS on the main thread: which route configurations are needed, what they are now. */
export class RouteDiscovery {
  readonly #options: RouteDiscoveryOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RouteDiscoveryOptions) {
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** `ready` resolves when it has arrived, or its time is over. `release` when the listener is gone. */
  acquire(reference: RouteReference): { readonly ready: Promise<void>; release(): void } {
    const name = reference.routeConfigName;
    const entry = this.#entries.get(name) ?? {
      references: new Set(),
      waiting: new Set(),
      config: undefined,
      version: "",
      updatedAt: new Date(),
    };
    const fresh = !this.#entries.has(name);
    this.#entries.set(name, entry);
    entry.references.add(reference);
    const scope = this.#scope(reference);
    for (const counter of [
      "update_attempt",
      "update_success",
      "update_rejected",
      "update_failure",
      "config_reload",
    ]) {
      scope.counter(counter);
    }
    if (fresh) {
      scope.counter("update_attempt").inc();
      this.#options.onNames(this.names);
    }
    return {
      ready: this.#ready(entry, reference),
      release: () => {
        entry.references.delete(reference);
        if (entry.references.size > 0 || this.#entries.get(name) !== entry) return;
        this.#entries.delete(name);
        this.#options.onNames(this.names);
        void this.#options.broadcast({ type: "remove-route", name });
        this.#options.stats.hide(`http.${reference.statPrefix}.rds.${name}.`);
      },
    };
  }

  check(config: RouteConfiguration): readonly Problem[] {
    return this.#options.check(config);
  }

  /** Puts a checked configuration in force; resolves when every worker has it. */
  async set(config: RouteConfiguration, version: string): Promise<void> {
    const entry = this.#entries.get(config.name);
    if (entry === undefined) return;
    entry.config = config;
    entry.version = version;
    entry.updatedAt = new Date();
    const bytes = toBinary(RouteConfigurationSchema, config);
    await this.#options.broadcast({ type: "route", name: config.name, bytes });
    for (const reference of entry.references) {
      const scope = this.#scope(reference);
      scope.counter("update_success").inc();
      scope.counter("config_reload").inc();
      scope.gauge("config_reload_time_ms").set(Date.now());
      scope.gauge("version").set(hashVersion(version));
      this.#options.stats.setText(`${scope.prefix}version_text`, version);
    }
    for (const resolve of entry.waiting) resolve();
    entry.waiting.clear();
  }

  /** The control plane sent something wrong for it. */
  rejected(name: string): void {
    for (const reference of this.#entries.get(name)?.references ?? []) {
      this.#scope(reference).counter("update_rejected").inc();
    }
  }

  list(): readonly {
    readonly config: RouteConfiguration;
    readonly version: string;
    readonly updatedAt: Date;
  }[] {
    const out: { config: RouteConfiguration; version: string; updatedAt: Date }[] = [];
    for (const { config, version, updatedAt } of this.#entries.values()) {
      if (config !== undefined) out.push({ config, version, updatedAt });
    }
    return out;
  }

  /** What a new worker must be told. */
  replay(): readonly WorkerCommand[] {
    return this.list().map(({ config }) => ({
      type: "route",
      name: config.name,
      bytes: toBinary(RouteConfigurationSchema, config),
    }));
  }

  #ready(entry: Entry, reference: RouteReference): Promise<void> {
    if (entry.config !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer =
        reference.initialFetchTimeoutMs === 0
          ? undefined
          : setTimeout(() => {
              this.#scope(reference).counter("init_fetch_timeout").inc();
              entry.waiting.delete(done);
              resolve();
            }, reference.initialFetchTimeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      entry.waiting.add(done);
    });
  }

  #scope(reference: RouteReference) {
    return this.#options.stats
      .root()
      .scope("http")
      .scope(reference.statPrefix)
      .scope("rds")
      .scope(reference.routeConfigName);
  }
}
