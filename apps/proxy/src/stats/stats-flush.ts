import type { Compiled, Problem } from "@sluice/extension-api";
import type { Bootstrap } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { createStatsSink, type StatsSink, type StatsSinkDependencies } from "./create-stats-sink.ts";
import type { StatsRegistry } from "./stats-registry.ts";

const FLUSH_INTERVAL_MS = 5000;

/**
 * Ends the intervals of the stats and sends each to the bootstrap's `stats_sinks`: every `stats_flush_interval` (default 5 s),
 * or with `stats_flush_on_admin` when somebody reads them and at no other time.
 */
export class StatsFlush {
  /** `stats_flush_on_admin`. */
  readonly onAdmin: boolean;
  readonly #stats: StatsRegistry;
  readonly #sinks: readonly StatsSink[];
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;

  private constructor(bootstrap: Bootstrap, stats: StatsRegistry, sinks: readonly StatsSink[]) {
    const { statsFlush, statsFlushInterval } = bootstrap;
    this.onAdmin = statsFlush.case === "statsFlushOnAdmin" && statsFlush.value;
    this.#stats = stats;
    this.#sinks = sinks;
    this.#intervalMs = durationMs(statsFlushInterval, FLUSH_INTERVAL_MS);
  }

  static compile(
    bootstrap: Bootstrap,
    stats: StatsRegistry,
    use: StatsSinkDependencies,
  ): Compiled<StatsFlush> {
    const sinks: StatsSink[] = [];
    const problems: Problem[] = [];
    if (bootstrap.statsFlush.case === "statsFlushOnAdmin" && bootstrap.statsFlushInterval !== undefined) {
      const message = "Only one of stats_flush_interval or stats_flush_on_admin should be set!";
      problems.push({ path: "stats_flush_interval", message, severity: "error" });
    }
    const { statsEviction: eviction } = bootstrap;
    const evictionMs = eviction.case === undefined ? 0 : durationMs(eviction.value, 0);
    if (evictionMs % durationMs(bootstrap.statsFlushInterval, FLUSH_INTERVAL_MS) !== 0) {
      const message = "must be a multiple of stats_flush_interval";
      problems.push({ path: "stats_eviction_interval", message, severity: "error" });
    }
    for (const [index, sink] of bootstrap.statsSinks.entries()) {
      const made = createStatsSink(sink, `stats_sinks[${index}]`, use);
      if (made.ok) sinks.push(made.value);
      else problems.push(...made.problems);
    }
    return problems.length > 0
      ? { ok: false, problems }
      : { ok: true, value: new StatsFlush(bootstrap, stats, sinks) };
  }

  start(): void {
    if (!this.onAdmin) this.#timer = setInterval(() => this.flush(), this.#intervalMs);
    this.flush();
  }

  /** Ends an interval now. */
  flush(): void {
    const sinks = this.#sinks;
    if (sinks.length === 0) {
      this.#stats.flush(undefined);
      return;
    }
    this.#stats.flush((scalars, histograms) => {
      const nowMs = Date.now();
      for (const sink of sinks) sink.flush(scalars, histograms, nowMs);
    });
  }

  /** No interval ends by itself any more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Sends what is still on its way. */
  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.close(deadlineMs)));
  }
}
