import type { StatsScope } from "@sluice/extension-api";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import type { StatsLease } from "../stats/thread-stats.ts";
import { isStreamed } from "./config-source.ts";
import type { ControlPlanes } from "./control-planes.ts";
import { recordUpdate, UPDATE_DURATION, UPDATE_GAUGES } from "./update-duration.ts";
import { hashVersion } from "./version-hash.ts";

const COUNTERS = [
  "update_attempt",
  "update_success",
  "update_rejected",
  "update_failure",
  "init_fetch_timeout",
] as const;

/**
 * The stats that Envoy keeps for each subscription, of a resource that shares its subscription with others. Where the source
 * is a stream one goes on asking, so that each outcome is followed by an attempt; elsewhere attempts are counted as they are
 * made (`attempted`).
 */
export class WatchStats {
  readonly scope: StatsScope;
  readonly #registry: StatsRegistry;
  readonly #lease: StatsLease;
  readonly #streamed: boolean;
  readonly #unwatch: () => void;

  /** `path`: the names of the scopes that the stats are in. */
  constructor(
    registry: StatsRegistry,
    path: readonly string[],
    source: ConfigSource,
    controlPlanes: ControlPlanes,
    more: readonly string[],
  ) {
    const streamed = isStreamed(source);
    this.#lease = registry.lease();
    const scope = path.reduce((outer, name) => outer.scope(name), this.#lease.root);
    this.scope = scope;
    this.#registry = registry;
    this.#streamed = streamed;
    for (const counter of [...COUNTERS, ...more]) scope.counter(counter);
    for (const gauge of UPDATE_GAUGES) scope.gauge(gauge);
    scope.histogram(UPDATE_DURATION);
    registry.defineText(`${scope.prefix}version_text`);
    this.#unwatch = controlPlanes.watch(source, scope);
    if (streamed) scope.counter("update_attempt").inc();
  }

  attempted(): void {
    if (!this.#streamed) this.scope.counter("update_attempt").inc();
  }

  /** `sinceMs`: when its application began, of `performance.now()`. */
  success(version: string, sinceMs: number): void {
    const { scope } = this;
    if (this.#streamed) recordUpdate(scope, sinceMs);
    this.#end("update_success");
    scope.gauge("update_time").set(Date.now());
    scope.gauge("version").set(hashVersion(version));
    this.#registry.setText(`${scope.prefix}version_text`, version);
  }

  rejected(): void {
    this.#end("update_rejected");
  }

  failure(): void {
    this.#end("update_failure");
  }

  timedOut(): void {
    this.scope.counter("init_fetch_timeout").inc();
  }

  /** What it counted is gone, unless somebody else counts there. */
  release(): void {
    this.#unwatch();
    this.#lease.release();
  }

  #end(counter: string): void {
    this.scope.counter(counter).inc();
    if (this.#streamed) this.scope.counter("update_attempt").inc();
  }
}
