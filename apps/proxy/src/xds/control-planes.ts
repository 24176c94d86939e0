import type { StatsScope } from "@sluice/extension-api";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { isStreamed, sourceKey } from "./config-source.ts";

/** One source's stream. */
interface Plane {
  connected: boolean;
  /** What it calls itself; "": nothing yet. */
  identifier: string;
  /** `….control_plane.` of each subscription that it serves. */
  readonly scopes: Set<StatsScope>;
}

/**
 * The `control_plane.` stats: the aggregated stream's stand alone, those of other streams beside the other stats of each
 * subscription. Envoy opens a stream for each; here one serves all that have the same source, and its state is each one's.
 */
export class ControlPlanes {
  readonly #planes = new Map<string, Plane>();
  readonly #registry: StatsRegistry;

  constructor(registry: StatsRegistry) {
    this.#registry = registry;
  }

  /** `root`: of all stats. */
  watchAggregated(root: StatsScope): void {
    this.#watch("", root);
  }

  /** `scope`: of a subscription's stats, which lasts until it is released here. Sources without a stream of their own have none. */
  watch(source: ConfigSource, scope: StatsScope): () => void {
    const key = sourceKey(source);
    return key === "" || !isStreamed(source) ? () => {} : this.#watch(key, scope);
  }

  connected(key: string, connected: boolean): void {
    const plane = this.#of(key);
    plane.connected = connected;
    for (const scope of plane.scopes) scope.gauge("connected_state").set(connected ? 1 : 0);
  }

  identified(key: string, identifier: string): void {
    const plane = this.#of(key);
    plane.identifier = identifier;
    for (const { prefix } of plane.scopes) this.#registry.setText(`${prefix}identifier`, identifier);
  }

  rateLimited(key: string): void {
    const told = new Map([...this.#of(key).scopes].map((scope) => [scope.prefix, scope]));
    for (const scope of told.values()) scope.counter("rate_limit_enforced").inc();
  }

  #of(key: string): Plane {
    const plane = this.#planes.get(key) ?? { connected: false, identifier: "", scopes: new Set() };
    this.#planes.set(key, plane);
    return plane;
  }

  #watch(key: string, outer: StatsScope): () => void {
    const plane = this.#of(key);
    const scope = outer.scope("control_plane");
    scope.gauge("connected_state").set(plane.connected ? 1 : 0);
    scope.gauge("pending_requests");
    scope.counter("rate_limit_enforced");
    this.#registry.defineText(`${scope.prefix}identifier`);
    if (plane.identifier !== "") this.#registry.setText(`${scope.prefix}identifier`, plane.identifier);
    plane.scopes.add(scope);
    return () => plane.scopes.delete(scope);
  }
}
