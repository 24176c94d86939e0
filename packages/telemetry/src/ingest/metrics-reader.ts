import type { StreamMetricsMessage } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { type Metric, MetricType } from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";
import type { Measures, Scope } from "../contract.ts";
import {
  type Counter,
  emptyMeasures,
  GAUGES,
  type Gauge,
  LATENCY_BUCKET_COUNT,
  type MutableMeasures,
} from "../measures/measures.ts";
import { classifyStat, type StatTarget } from "./classify-stat.ts";
import { flatStatName } from "./flat-stat-name.ts";
import type { Naming } from "./naming.ts";
import { type CumulativePoint, rebucket } from "./rebucket.ts";

/** What one scope of one node saw between two reports. */
export interface ScopeReport {
  readonly scope: Scope;
  readonly measures: Measures;
}

export interface MetricsReport {
  readonly scopes: readonly ScopeReport[];
  /** Gauges that say what a node runs: `….version` and those of warming; by stat name. */
  readonly facts: ReadonlyMap<string, number>;
}

export interface MetricsReaderOptions {
  readonly node: string;
  /** True: a counter's value is what was added since the last report; false: since the node started (Envoy's default). */
  readonly countersAreDeltas: boolean;
  readonly naming?: Naming;
}

interface ScopeState {
  readonly scope: Scope;
  /** Counters since the last report, and gauges as they are. */
  measures: MutableMeasures;
  counted: boolean;
  gaugesChanged: boolean;
  lastReportedMs: number;
}

interface GaugeState {
  value: number;
  seenMs: number;
  readonly targets: readonly StatTarget[];
}

/** Of one report: Envoy's histograms hold what came since the last, whatever its counters do. */
interface Distribution {
  readonly targets: readonly StatTarget[];
  readonly total: number;
  readonly points: CumulativePoint[];
}

const FACT = /(?:\.version|warming_clusters|total_listeners_warming|\.warming_state)$/;
const GAUGE_HEARTBEAT_MS = 10_000;
const GAUGE_GONE_MS = 5_000;
/** Looked up names that are remembered; a node with more is looked up again now and then. */
const STAT_NAMES_MAX = 1_000_000;

/**
 * Turns one node's metrics stream into reports. Keeps what must be remembered between two messages: cumulative counters'
 * last values, gauges, and where each stat name belongs (names repeat with every message).
 */
export class MetricsReader {
  readonly #options: MetricsReaderOptions;
  #naming: Naming | undefined;
  readonly #targets = new Map<string, readonly StatTarget[]>();
  readonly #scopes = new Map<string, ScopeState>();
  readonly #gauges = new Map<string, GaugeState>();
  readonly #previous = new Map<string, number>();
  #reports = 0;
  #reportsEndpoints = false;

  constructor(options: MetricsReaderOptions) {
    this.#options = options;
    this.#naming = options.naming;
  }

  /** Whether the node counts per endpoint by itself; a stock Envoy does not send these stats to its sinks. */
  get reportsEndpoints(): boolean {
    return this.#reportsEndpoints;
  }

  /** The configuration changed: names are looked up anew. Gauges begin anew too, the next message brings them all. */
  rename(naming: Naming): void {
    this.#naming = naming;
    this.#targets.clear();
    this.#gauges.clear();
    this.#scopes.clear();
  }

  /** @param nowMs wall clock at arrival */
  read(message: StreamMetricsMessage, nowMs: number): MetricsReport {
    const facts = new Map<string, number>();
    const distributions = new Map<string, Distribution>();
    const firstReport = this.#reports++ === 0;
    for (const family of message.envoyMetrics) {
      for (const metric of family.metric) {
        const stat = flatStatName(family.name, metric.label);
        if (family.type === MetricType.GAUGE && FACT.test(stat)) facts.set(stat, metric.gauge?.value ?? 0);
        const targets = this.#targetsOf(stat);
        if (targets.length === 0) continue;
        switch (family.type) {
          case MetricType.COUNTER:
            this.#count(stat, targets, metric.counter?.value ?? 0, firstReport);
            break;
          case MetricType.GAUGE:
            this.#gauge(stat, targets, metric.gauge?.value ?? 0, nowMs);
            break;
          case MetricType.HISTOGRAM:
          case MetricType.SUMMARY:
            this.#collect(distributions, stat, targets, metric);
            break;
          default:
            break;
        }
      }
    }
    for (const distribution of distributions.values()) this.#addLatency(distribution);
    this.#forgetGoneGauges(nowMs);
    return { scopes: this.#takeScopes(nowMs), facts };
  }

  #targetsOf(stat: string): readonly StatTarget[] {
    let targets = this.#targets.get(stat);
    if (targets === undefined) {
      if (this.#targets.size >= STAT_NAMES_MAX) this.#targets.clear();
      targets = classifyStat(stat, this.#options.node, this.#naming);
      this.#targets.set(stat, targets);
      if (targets.some(({ scope }) => scope.kind === "endpoint")) this.#reportsEndpoints = true;
    }
    return targets;
  }

  #count(stat: string, targets: readonly StatTarget[], value: number, firstReport: boolean): void {
    let delta = value;
    if (!this.#options.countersAreDeltas) {
      const previous = this.#previous.get(stat);
      this.#previous.set(stat, value);
      // The first report's sums are from before this stream; later a new stat begins at 0. A smaller value: the node restarted.
      if (previous === undefined) delta = firstReport ? 0 : value;
      else delta = value >= previous ? value - previous : value;
    }
    if (delta <= 0) return;
    for (const { scope, measure } of targets) {
      const state = this.#scope(scope);
      state.measures[measure as Counter] += delta;
      state.counted = true;
    }
  }

  #gauge(stat: string, targets: readonly StatTarget[], value: number, nowMs: number): void {
    let gauge = this.#gauges.get(stat);
    if (gauge === undefined) {
      gauge = { value: 0, seenMs: nowMs, targets };
      this.#gauges.set(stat, gauge);
    }
    gauge.seenMs = nowMs;
    this.#setGauge(gauge, value);
  }

  #setGauge(gauge: GaugeState, value: number): void {
    const change = value - gauge.value;
    gauge.value = value;
    for (const { scope, measure } of gauge.targets) {
      const state = this.#scope(scope);
      if (scope.kind === "endpoint" && measure === "membersHealthy") state.measures.membersTotal = 1;
      if (change === 0) continue;
      state.measures[measure as Gauge] += change;
      state.gaugesChanged = true;
    }
  }

  #forgetGoneGauges(nowMs: number): void {
    for (const [stat, gauge] of this.#gauges) {
      if (nowMs - gauge.seenMs <= GAUGE_GONE_MS) continue;
      this.#setGauge(gauge, 0);
      this.#gauges.delete(stat);
    }
  }

  /** Envoy sends a distribution as buckets, as quantiles, or both: one that comes both ways is one, known twice. */
  #collect(
    distributions: Map<string, Distribution>,
    stat: string,
    targets: readonly StatTarget[],
    metric: Metric,
  ): void {
    const total = Number(metric.histogram?.sampleCount ?? metric.summary?.sampleCount ?? 0n);
    if (total === 0) return;
    let distribution = distributions.get(stat);
    if (distribution === undefined) {
      distribution = { targets, total, points: [] };
      distributions.set(stat, distribution);
    }
    for (const { upperBound, cumulativeCount } of metric.histogram?.bucket ?? []) {
      distribution.points.push({ bound: upperBound, count: Number(cumulativeCount) });
    }
    for (const { quantile, value } of metric.summary?.quantile ?? []) {
      if (Number.isFinite(value)) distribution.points.push({ bound: value, count: quantile * total });
    }
  }

  #addLatency({ targets, total, points }: Distribution): void {
    const counts = rebucket(points, total);
    for (const { scope } of targets) {
      const state = this.#scope(scope);
      const { latency } = state.measures;
      for (let index = 0; index < LATENCY_BUCKET_COUNT; index++) {
        latency[index] = (latency[index] ?? 0) + (counts[index] ?? 0);
      }
      state.counted = true;
    }
  }

  #scope(scope: Scope): ScopeState {
    const key = `${scope.kind}:${scope.name}`;
    let state = this.#scopes.get(key);
    if (state === undefined) {
      state = {
        scope,
        measures: emptyMeasures(),
        counted: false,
        gaugesChanged: false,
        lastReportedMs: Number.NEGATIVE_INFINITY,
      };
      this.#scopes.set(key, state);
    }
    return state;
  }

  #takeScopes(nowMs: number): ScopeReport[] {
    const reports: ScopeReport[] = [];
    for (const [key, state] of this.#scopes) {
      const { measures } = state;
      const active = measures.connectionsActive > 0 || measures.requestsActive > 0;
      const due = measures.membersTotal > 0 && nowMs - state.lastReportedMs >= GAUGE_HEARTBEAT_MS;
      if (!state.counted && !state.gaugesChanged && !active && !due) {
        // Names come and go with the configuration: what is all zero is made anew when it is needed.
        if (GAUGES.every((gauge) => measures[gauge] === 0)) this.#scopes.delete(key);
        continue;
      }
      reports.push({ scope: state.scope, measures });
      const next = emptyMeasures();
      for (const gauge of GAUGES) next[gauge] = measures[gauge];
      state.measures = next;
      state.counted = false;
      state.gaugesChanged = false;
      state.lastReportedMs = nowMs;
    }
    return reports;
  }
}
