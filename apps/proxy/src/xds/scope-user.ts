import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { ScopedRouteConfiguration } from "@sluice/xds/gen/envoy/config/route/v3/scoped_route_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { RouteDiscovery } from "./route-discovery.ts";
import type { WatchStats } from "./watch-stats.ts";

/** A connection manager that takes its scopes from SRDS. */
export interface ScopeReference {
  /** `ScopedRoutes.name` */
  readonly name: string;
  readonly source: ConfigSource;
  /** Where the route configurations come from that the scopes name. */
  readonly routeSource: ConfigSource;
  readonly statPrefix: string;
}

interface Held {
  readonly name: string;
  readonly ready: Promise<void>;
  release(): void;
}

/** What one connection manager holds of the route configurations of its scopes. */
export class ScopeUser {
  readonly reference: ScopeReference;
  readonly stats: WatchStats;
  readonly #routes: RouteDiscovery;
  /** By scope. */
  #held = new Map<string, Held>();
  /** On-demand scopes that a request has asked for. */
  readonly #wanted = new Set<string>();
  #scopes: ReadonlyMap<string, ScopedRouteConfiguration> = new Map();
  /** Not needed any more once the workers have heard of it. */
  #leaving: Held[] = [];
  #released = false;

  constructor(reference: ScopeReference, routes: RouteDiscovery, stats: WatchStats) {
    this.reference = reference;
    this.#routes = routes;
    this.stats = stats;
  }

  /** Acquires what the scopes name; resolves when it is in force, or its time is over. */
  async take(scopes: ReadonlyMap<string, ScopedRouteConfiguration>): Promise<void> {
    if (this.#released) return;
    this.#scopes = scopes;
    const next = new Map<string, Held>();
    for (const scope of scopes.values()) {
      const before = this.#held.get(scope.name);
      if (scope.routeConfigurationName === "" || (scope.onDemand && !this.#wanted.has(scope.name))) continue;
      const held =
        before?.name === scope.routeConfigurationName ? before : this.#acquire(scope.routeConfigurationName);
      next.set(scope.name, held);
    }
    for (const [name, held] of this.#held) if (next.get(name) !== held) this.#leaving.push(held);
    this.#held = next;
    this.#gauges();
    await Promise.all([...next.values()].map(({ ready }) => ready));
  }

  /** The workers know these scopes: what others named can go. */
  settle(scopes: ReadonlyMap<string, ScopedRouteConfiguration>): void {
    if (scopes !== this.#scopes) return;
    for (const held of this.#leaving.splice(0)) held.release();
  }

  async want(scope: string): Promise<void> {
    const config = this.#scopes.get(scope);
    if (config === undefined || this.#released) return;
    this.#wanted.add(scope);
    const held = this.#held.get(scope) ?? this.#acquire(config.routeConfigurationName);
    this.#held.set(scope, held);
    this.#gauges();
    await held.ready;
  }

  release(): void {
    this.#released = true;
    for (const held of [...this.#held.values(), ...this.#leaving]) held.release();
    this.#held.clear();
    this.#leaving = [];
    this.stats.release();
  }

  #acquire(name: string): Held {
    const { routeSource, statPrefix } = this.reference;
    const acquired = this.#routes.acquire({
      routeConfigName: name,
      source: routeSource,
      statPrefix,
      initialFetchTimeoutMs: durationMs(routeSource.initialFetchTimeout, 15_000),
    });
    return { name, ready: acquired.ready, release: () => acquired.release() };
  }

  #gauges(): void {
    const { scope } = this.stats;
    const onDemand = [...this.#scopes.values()].filter((each) => each.onDemand).length;
    scope.gauge("all_scopes").set(this.#scopes.size);
    scope.gauge("on_demand_scopes").set(onDemand);
    scope.gauge("active_scopes").set(this.#held.size);
  }
}
