import { create, equals, toBinary } from "@bufbuild/protobuf";
import type { Problem, StatsScope } from "@sluice/extension-api";
import type { XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { isStreamed, sourceKey } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";
import type { Discovery } from "./discovery.ts";
import type { DiscoveryCommand } from "./discovery-command.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { routeKey } from "./route-key.ts";
import { recordUpdate, UPDATE_DURATION, UPDATE_GAUGES } from "./update-duration.ts";
import { hashVersion } from "./version-hash.ts";
import type { VirtualHostDiscovery, VirtualHosts } from "./virtual-host-discovery.ts";

/** A connection manager that takes its routes from RDS. */
export interface RouteReference {
  readonly routeConfigName: string;
  readonly source: ConfigSource;
  readonly statPrefix: string;
  /** 0: wait for ever. */
  readonly initialFetchTimeoutMs: number;
}

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
  /** Where the configuration takes virtual hosts from, and which there are. */
  discovered:
    | (ReturnType<VirtualHostDiscovery["acquire"]> & { readonly source: string; hosts: VirtualHosts })
    | undefined;
}

export interface RouteDiscoveryOptions {
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  readonly virtualHosts: VirtualHostDiscovery;
  broadcast(command: DiscoveryCommand): Promise<unknown>;
  /** The set of names that somebody needs from a source has changed. */
  onNames(source: ConfigSource, names: readonly string[]): void;
  /** Everything wrong with a route configuration; `compileListener`'s own code where it compiles routes. */
  check(config: RouteConfiguration): readonly Problem[];
}

/** RDS on the main thread: which route configurations are needed, what they are now. */
export class RouteDiscovery implements Discovery {
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
      discovered: undefined,
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
    for (const gauge of [...UPDATE_GAUGES, "config_reload_time_ms"]) scope.gauge(gauge);
    scope.histogram(UPDATE_DURATION);
    this.#options.stats.defineText(`${scope.prefix}version_text`);
    const unwatch = this.#options.controlPlanes.watch(source, scope);
    if (known === undefined) {
      if (entry.streamed) scope.counter("update_attempt").inc();
      this.#namesChanged(entry);
    }
    return {
      ready: this.#ready(entry, reference, scope),
      release: () => {
        entry.references.delete(reference);
        unwatch();
        lease.release();
        if (entry.references.size > 0 || this.#entries.get(key) !== entry) return;
        this.#entries.delete(key);
        entry.discovered?.release();
        this.#namesChanged(entry);
        void this.#options.broadcast({ type: "remove-route", name: key });
      },
    };
  }

  async onUpdate(update: XdsUpdate, source: string): Promise<Refusal | undefined> {
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const config = refusals.check(RouteConfigurationSchema, resource, (message) =>
        this.#options.check(message),
      );
      if (config === undefined) this.#count(this.#find(source, resource.name), "update_rejected");
      else await this.#set(source, config, update.version);
    }
    // What a source has no more stays in force.
    for (const name of update.removed) this.#count(this.#find(source, name), "update_empty");
    return refusals.outcome("RDS");
  }

  /** Puts a checked configuration in force; resolves when every worker has it, unless virtual hosts are still to come. */
  async #set(fromSource: string, config: RouteConfiguration, version: string): Promise<void> {
    const entry = this.#find(fromSource, config.name);
    if (entry === undefined) return;
    const sinceMs = performance.now();
    const changed = entry.config === undefined || !equals(RouteConfigurationSchema, entry.config, config);
    entry.config = config;
    entry.version = version;
    entry.updatedAt = new Date();
    const inForce = changed ? this.#putInForce(entry, config) : Promise.resolve();
    if (config.vhds === undefined) await inForce;
    for (const scope of scopesOf(entry)) {
      scope.counter("update_success").inc();
      if (entry.streamed) {
        scope.counter("update_attempt").inc();
        recordUpdate(scope, sinceMs);
      }
      if (changed) scope.counter("config_reload").inc();
      scope.gauge("config_reload_time_ms").set(Date.now());
      scope.gauge("update_time").set(Date.now());
      scope.gauge("version").set(hashVersion(version));
      this.#options.stats.setText(`${scope.prefix}version_text`, version);
    }
    void inForce.then(() => settle(entry));
  }

  /** Asks for the virtual host of a host; resolves when the answer is in force. */
  async want(key: string, host: string): Promise<void> {
    await this.#entries.get(key)?.discovered?.want(host);
  }

  attempted(fromSource: string, names: readonly string[]): void {
    for (const name of names) {
      const entry = this.#find(fromSource, name);
      if (entry === undefined || entry.streamed) continue;
      for (const scope of scopesOf(entry)) scope.counter("update_attempt").inc();
    }
  }

  failed(fromSource: string, names: readonly string[], final: boolean): void {
    for (const name of names) this.#count(this.#find(fromSource, name), "update_failure", final);
  }

  /** With the virtual hosts that were discovered, as they are in force. */
  list(): readonly {
    readonly config: RouteConfiguration;
    readonly version: string;
    readonly updatedAt: Date;
  }[] {
    const out: { config: RouteConfiguration; version: string; updatedAt: Date }[] = [];
    for (const { config, discovered, version, updatedAt } of this.#entries.values()) {
      if (config !== undefined) out.push({ config: merged(config, discovered?.hosts), version, updatedAt });
    }
    return out;
  }

  /** What a new worker must be told. */
  replay(): readonly DiscoveryCommand[] {
    return [...this.#entries.values()].flatMap(({ key, config, discovered }): DiscoveryCommand[] =>
      config === undefined ? [] : [routeCommand(key, merged(config, discovered?.hosts))],
    );
  }

  async #putInForce(entry: Entry, config: RouteConfiguration): Promise<void> {
    const before = entry.discovered;
    const source = config.vhds?.configSource;
    if (source === undefined) entry.discovered = undefined;
    else if (before === undefined || before.source !== sourceKey(source))
      entry.discovered = this.#discover(entry, config.name, source);
    if (before !== entry.discovered) before?.release();
    await entry.discovered?.ready;
    if (entry.config === config) await this.#tellWorkers(entry);
  }

  #discover(entry: Entry, name: string, source: ConfigSource): Entry["discovered"] {
    const [reference] = entry.references.keys();
    const acquired = this.#options.virtualHosts.acquire({
      name,
      source,
      statPrefix: reference?.statPrefix ?? "",
      check: (hosts) => (entry.config === undefined ? [] : this.#options.check(merged(entry.config, hosts))),
      apply: async (hosts) => {
        discovered.hosts = hosts;
        if (entry.discovered === discovered) await this.#tellWorkers(entry);
      },
    });
    const discovered = { ...acquired, source: sourceKey(source), hosts: new Map() as VirtualHosts };
    return discovered;
  }

  async #tellWorkers({ key, config, discovered }: Entry): Promise<void> {
    if (config !== undefined)
      await this.#options.broadcast(routeCommand(key, merged(config, discovered?.hosts)));
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
    for (const scope of scopesOf(entry)) {
      scope.counter(counter).inc();
      if (entry.streamed) scope.counter("update_attempt").inc();
    }
    if (final) settle(entry);
  }

  #ready(entry: Entry, reference: RouteReference, scope: StatsScope): Promise<void> {
    if (entry.config !== undefined && entry.discovered === undefined) return Promise.resolve();
    if (entry.discovered !== undefined) return entry.discovered.ready;
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

/** Connection managers of one prefix share their stats. */
function scopesOf({ references }: Entry): Iterable<StatsScope> {
  return new Map([...references.values()].map((scope) => [scope.prefix, scope])).values();
}

function merged(config: RouteConfiguration, hosts: VirtualHosts | undefined): RouteConfiguration {
  if (hosts === undefined || hosts.size === 0) return config;
  const virtualHosts = [...config.virtualHosts, ...hosts.values()];
  return create(RouteConfigurationSchema, { ...config, virtualHosts });
}

function routeCommand(key: string, config: RouteConfiguration): DiscoveryCommand {
  return { type: "route", name: key, bytes: toBinary(RouteConfigurationSchema, config) };
}

/** Nobody waits for it any longer. */
function settle(entry: Entry): void {
  for (const resolve of entry.waiting) resolve();
  entry.waiting.clear();
}
