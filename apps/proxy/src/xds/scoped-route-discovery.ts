import { create, toBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import type { XdsSubscription, XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { RouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import {
  type ScopedRouteConfiguration,
  ScopedRouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/scoped_route_pb.js";
import { ScopedRouteConfigurationsListSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sourceKey } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";
import type { Discovery } from "./discovery.ts";
import type { DiscoveryCommand } from "./discovery-command.ts";
import { FirstUpdate } from "./first-update.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import type { RouteDiscovery } from "./route-discovery.ts";
import { type ScopeReference, ScopeUser } from "./scope-user.ts";
import { WatchStats } from "./watch-stats.ts";

interface Source {
  readonly key: string;
  readonly users: Set<ScopeUser>;
  readonly first: FirstUpdate;
  subscription: XdsSubscription | undefined;
  scopes: ReadonlyMap<string, ScopedRouteConfiguration>;
  version: string;
  updatedAt: Date | undefined;
  /** Changes reach the workers one after the other. */
  work: Promise<unknown>;
}

export interface ScopedRouteDiscoveryOptions {
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  readonly routes: RouteDiscovery;
  broadcast(command: DiscoveryCommand): Promise<unknown>;
  /** Subscribes to all scopes of a source. */
  subscribe(source: ConfigSource): XdsSubscription;
  /** Everything wrong with routes that stand in a scope. */
  check(config: RouteConfiguration): readonly Problem[];
}

/** SRDS on the main thread: the scopes of each source, and the route configurations that they name. */
export class ScopedRouteDiscovery implements Discovery {
  readonly #options: ScopedRouteDiscoveryOptions;
  readonly #sources = new Map<string, Source>();

  constructor(options: ScopedRouteDiscoveryOptions) {
    this.#options = options;
  }

  /** `ready` resolves when the scopes and their routes are in force, or their time is over. */
  acquire(reference: ScopeReference): { readonly ready: Promise<void>; release(): void } {
    const { stats, routes, controlPlanes } = this.#options;
    const key = sourceKey(reference.source);
    const known = this.#sources.get(key);
    const path = ["http", reference.statPrefix, "scoped_rds", reference.name];
    const more = ["config_reload", "update_empty"];
    const user = new ScopeUser(
      reference,
      routes,
      new WatchStats(stats, path, reference.source, controlPlanes, more),
    );
    user.stats.scope.gauge("config_reload_time_ms");
    const source = known ?? {
      key,
      users: new Set(),
      first: new FirstUpdate(durationMs(reference.source.initialFetchTimeout, 15_000), () => {
        for (const each of source.users) each.stats.timedOut();
      }),
      subscription: undefined,
      scopes: new Map(),
      version: "",
      updatedAt: undefined,
      work: Promise.resolve(),
    };
    this.#sources.set(key, source);
    source.users.add(user);
    if (known === undefined) source.subscription = this.#options.subscribe(reference.source);
    const ready = source.first.ready().then(() => Promise.all([user.take(source.scopes), source.work]));
    return {
      ready: ready.then(() => {}),
      release: () => {
        user.release();
        source.users.delete(user);
        if (source.users.size > 0 || this.#sources.get(key) !== source) return;
        this.#sources.delete(key);
        source.first.settle();
        source.subscription?.close();
        void this.#options.broadcast({ type: "remove-scopes", source: key });
      },
    };
  }

  async onUpdate(update: XdsUpdate, key: string): Promise<Refusal | undefined> {
    const source = this.#sources.get(key);
    if (source === undefined) return undefined;
    const sinceMs = performance.now();
    const refusals = new Refusals();
    const scopes = new Map(update.full ? [] : source.scopes);
    for (const name of update.removed) scopes.delete(name);
    for (const resource of update.updated) {
      const scope = refusals.check(ScopedRouteConfigurationSchema, resource, (each) => this.#check(each));
      if (scope !== undefined) scopes.set(scope.name, scope);
    }
    findConflict(scopes, refusals);
    if (!refusals.isEmpty) {
      for (const { stats } of source.users) stats.rejected();
      source.first.settle();
      return refusals.outcome("SRDS");
    }
    source.scopes = scopes;
    source.version = update.version;
    source.updatedAt = new Date();
    const warm = [...source.users].map((user) => user.take(scopes));
    source.work = source.work.then(async () => {
      // Make before break: a scope's routes come first.
      await Promise.all(warm);
      await this.#options.broadcast(scopesCommand(source, scopes));
      for (const user of source.users) user.settle(scopes);
    });
    for (const { stats } of source.users) {
      stats.success(update.version, sinceMs);
      stats.scope.counter("config_reload").inc();
      stats.scope.gauge("config_reload_time_ms").set(Date.now());
    }
    source.first.settle();
    return undefined;
  }

  attempted(key: string): void {
    for (const { stats } of this.#sources.get(key)?.users ?? []) stats.attempted();
  }

  failed(key: string, _names: readonly string[], final: boolean): void {
    const source = this.#sources.get(key);
    for (const { stats } of source?.users ?? []) stats.failure();
    if (final) source?.first.settle();
  }

  /** Fetches the routes of an on-demand scope; resolves when they are in force, or there are none. */
  async want(key: string, scope: string): Promise<void> {
    const users = [...(this.#sources.get(key)?.users ?? [])];
    await Promise.all(users.map((user) => user.want(scope)));
  }

  list(): readonly {
    readonly name: string;
    readonly version: string;
    readonly updatedAt: Date;
    readonly scopes: readonly ScopedRouteConfiguration[];
  }[] {
    return [...this.#sources.values()].flatMap(({ users, version, updatedAt, scopes }) =>
      updatedAt === undefined
        ? []
        : [...users].map(({ reference }) => ({
            name: reference.name,
            version,
            updatedAt,
            scopes: [...scopes.values()],
          })),
    );
  }

  /** What a new worker must be told. */
  replay(): readonly DiscoveryCommand[] {
    return [...this.#sources.values()]
      .filter(({ updatedAt }) => updatedAt !== undefined)
      .map((source) => scopesCommand(source, source.scopes));
  }

  #check(scope: ScopedRouteConfiguration): readonly Problem[] {
    const { routeConfiguration, routeConfigurationName } = scope;
    const problem = (message: string): Problem => ({ path: "", message, severity: "error" });
    if (routeConfiguration === undefined) {
      return routeConfigurationName === ""
        ? [problem("one of route_configuration and route_configuration_name is required")]
        : [];
    }
    if (routeConfigurationName !== "")
      return [problem("only one of route_configuration and route_configuration_name can be set")];
    return this.#options
      .check(routeConfiguration)
      .map((each) => ({ ...each, path: `route_configuration.${each.path}` }));
  }
}

function scopesCommand(
  { key }: Source,
  scopes: ReadonlyMap<string, ScopedRouteConfiguration>,
): DiscoveryCommand {
  const list = create(ScopedRouteConfigurationsListSchema, {
    scopedRouteConfigurations: [...scopes.values()],
  });
  return { type: "scopes", source: key, bytes: toBinary(ScopedRouteConfigurationsListSchema, list) };
}

/** Two scopes of one key: no request could tell them apart. */
function findConflict(scopes: ReadonlyMap<string, ScopedRouteConfiguration>, refusals: Refusals): void {
  const names = new Map<string, string>();
  for (const { name, key } of scopes.values()) {
    const text = JSON.stringify((key?.fragments ?? []).map(({ type }) => type.value ?? ""));
    const other = names.get(text);
    names.set(text, name);
    if (other === undefined) continue;
    const message = `scope key conflict found, first scope is ${other}, second scope is ${name}`;
    refusals.add(name, [{ path: "key", message, severity: "error" }]);
  }
}
