import { equals, toBinary } from "@bufbuild/protobuf";
import type { Problem, StatsScope } from "@sluice/extension-api";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { RouteReference } from "../listener/route-references.ts";
import { routeKey } from "../route/route-key.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { WorkerCommand } from "../worker/worker-messages.ts";
import { isStreamed, sourceKey } from "./config-source.ts";
import { hashVersion } from "./version-hash.ts";

interface Entry {
  readonly key: string;
  readonly name: string;
  readonly source: ConfigSource;
  readonly sourceKey: string;
  /** Attempts are counted here, as each is followed by another one; otherwise where they are made. */
  readonly streamed: boolean;
  /** Who needs it, and the scope of each. */
  readonly references: Map<RouteReference, StatsScope>;
  readonly waiting: Set<() => void>;
  config: RouteConfiguration | undefined;
  version: string;
  updatedAt: Date;
}

export interface RouteDiscoveryOptions {
  readonly stats: StatsRegistry;
  broadcast(command: WorkerCommand): Promise<unknown>;
  /** The set of names that somebody needs from a source has changed. */
  onNames(source: ConfigSource, names: readonly string[]): void;
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

  /** `ready` resolves when it has arrived, or its time is over. `release` when the listener is gone. */
  acquire(reference: RouteReference): { readonly ready: Promise<void>; release(): void } {
    const { routeConfigName: name, source } = reference;
    const key = routeKey(source, name);
    const known = this.#entries.get(key);
    const entry: Entry = known ?? {
      key,
      name,
      source,
      sourceKey: sourceKey(source),
      streamed: isStreamed(source),
      references: new Map(),
      waiting: new Set(),
      config: undefined,
      version: "",
      updatedAt: new Date(),
    };
    this.#entries.set(key, entry);
    const lease = this.#options.stats.lease();
    const scope = lease.root
      .scope("http")
      .scope(reference.statPrefix)
      .scope("rds")
      .scope(reference.routeConfigName);
    entry.references.set(reference, scope);
    for (const counter of [
      "update_attempt",
      "update_success",
      "update_rejected",
      "update_failure",
      "update_empty",
      "init_fetch_timeout",
      "config_reload",
    ]) {
      scope.counter(counter);
    }
    if (known === undefined) {
      if (entry.streamed) scope.counter("update_attempt").inc();
      this.#namesChanged(entry);
    }
    return {
      ready: this.#ready(entry, reference, scope),
      release: () => {
        entry.references.delete(reference);
        lease.release();
        if (entry.references.size > 0 || this.#entries.get(key) !== entry) return;
        this.#entries.delete(key);
        this.#namesChanged(entry);
        void this.#options.broadcast({ type: "remove-route", name: key });
      },
    };
  }

  check(config: RouteConfiguration): readonly Problem[] {
    return this.#options.check(config);
  }

  /** Puts a checked configuration in force; resolves when every worker has it. */
  async set(fromSource: string, config: RouteConfiguration, version: string): Promise<void> {
    const entry = this.#find(fromSource, config.name);
    if (entry === undefined) return;
    const changed = entry.config === undefined || !equals(RouteConfigurationSchema, entry.config, config);
    entry.config = config;
    entry.version = version;
    entry.updatedAt = new Date();
    if (changed) {
      const bytes = toBinary(RouteConfigurationSchema, config);
      await this.#options.broadcast({ type: "route", name: entry.key, bytes });
    }
    for (const scope of entry.references.values()) {
      scope.counter("update_success").inc();
      if (entry.streamed) scope.counter("update_attempt").inc();
      if (changed) scope.counter("config_reload").inc();
      scope.gauge("config_reload_time_ms").set(Date.now());
      scope.gauge("version").set(hashVersion(version));
      this.#options.stats.setText(`${scope.prefix}version_text`, version);
    }
    settle(entry);
  }

  /** The source has none of that name; the one that is in force stays. */
  missing(fromSource: string, name: string): void {
    this.#count(this.#find(fromSource, name), "update_empty");
  }

  /** Something wrong was sent for it. */
  rejected(fromSource: string, name: string): void {
    this.#count(this.#find(fromSource, name), "update_rejected");
  }

  /** These names were asked for, by a source that has no stream. */
  attempted(fromSource: string, names: readonly string[]): void {
    for (const name of names) {
      const entry = this.#find(fromSource, name);
      if (entry === undefined || entry.streamed) continue;
      for (const scope of entry.references.values()) scope.counter("update_attempt").inc();
    }
  }

  /** Nothing can be had of these names now; `final`: it is not worth waiting for. */
  failed(fromSource: string, names: readonly string[], final: boolean): void {
    for (const name of names) this.#count(this.#find(fromSource, name), "update_failure", final);
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
    return [...this.#entries.values()].flatMap(({ key, config }): WorkerCommand[] =>
      config === undefined
        ? []
        : [{ type: "route", name: key, bytes: toBinary(RouteConfigurationSchema, config) }],
    );
  }

  #find(fromSource: string, name: string): Entry | undefined {
    return this.#entries.get(fromSource === "" ? name : `${name} ${fromSource}`);
  }

  #namesChanged({ source, sourceKey: key }: Entry): void {
    const entries = [...this.#entries.values()].filter((entry) => entry.sourceKey === key);
    this.#options.onNames(
      source,
      entries.map(({ name }) => name),
    );
  }

  #count(entry: Entry | undefined, counter: string, final = true): void {
    if (entry === undefined) return;
    for (const scope of entry.references.values()) {
      scope.counter(counter).inc();
      if (entry.streamed) scope.counter("update_attempt").inc();
    }
    if (final) settle(entry);
  }

  #ready(entry: Entry, reference: RouteReference, scope: StatsScope): Promise<void> {
    if (entry.config !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer =
        reference.initialFetchTimeoutMs === 0
          ? undefined
          : setTimeout(() => {
              scope.counter("init_fetch_timeout").inc();
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
}

/** Nobody waits for it any longer. */
function settle(entry: Entry): void {
  for (const resolve of entry.waiting) resolve();
  entry.waiting.clear();
}
