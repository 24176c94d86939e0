import { type Measures, type Series, summarize } from "@sluice/telemetry";
import type { TrafficColumns } from "../../../components/chart/traffic-columns.ts";

/** A gauge is stored when it changes and at least this often; older than that it is taken for 0. */
const GAUGE_SECONDS = 12;

/**
 * Series of one step as one set of columns: scopes are added up (latency by bucket, so percentiles stay true), a step
 * without a row is zero traffic, and a gauge holds until it is stored again.
 *
 * @param fromSeconds epoch, first step, inclusive
 * @param toSeconds epoch, exclusive: steps that have begun but are not over would be drawn as a drop
 */
export function columnsOfSeries(
  series: readonly Series[],
  stepSeconds: number,
  fromSeconds: number,
  toSeconds: number,
): TrafficColumns {
  const first = Math.floor(fromSeconds / stepSeconds) * stepSeconds;
  const count = Math.max(0, Math.floor((toSeconds - first) / stepSeconds));
  const steps: (Step | undefined)[] = new Array<Step | undefined>(count).fill(undefined);
  const connections = new Array<number>(count).fill(0);
  for (const { points } of series) {
    let held = 0;
    let heldUntil = Number.NEGATIVE_INFINITY;
    let next = 0;
    const holdSteps = Math.max(1, Math.ceil(GAUGE_SECONDS / stepSeconds));
    const ordered = points.map(({ at, measures }) => ({
      index: Math.round((at.getTime() / 1000 - first) / stepSeconds),
      measures,
    }));
    for (const { index, measures } of ordered) {
      if (index >= 0 && index < count) steps[index] = added(steps[index], measures);
    }
    for (let index = 0; index < count; index += 1) {
      for (let point = ordered[next]; point !== undefined && point.index <= index; point = ordered[++next]) {
        held = point.measures.connectionsActive;
        heldUntil = point.index + holdSteps;
      }
      if (index < heldUntil) connections[index] = (connections[index] ?? 0) + held;
    }
  }
  return columnsOf(steps, connections, stepSeconds, first);
}

interface Step {
  readonly measures: Measures;
}

function added(step: Step | undefined, more: Measures): Step {
  if (step === undefined) return { measures: more };
  const { measures } = step;
  return {
    measures: {
      ...measures,
      requests: measures.requests + more.requests,
      responses2xx: measures.responses2xx + more.responses2xx,
      responses3xx: measures.responses3xx + more.responses3xx,
      responses4xx: measures.responses4xx + more.responses4xx,
      responses5xx: measures.responses5xx + more.responses5xx,
      failures: measures.failures + more.failures,
      retries: measures.retries + more.retries,
      bytesReceived: measures.bytesReceived + more.bytesReceived,
      bytesSent: measures.bytesSent + more.bytesSent,
      latency: measures.latency.map((bucket, index) => bucket + (more.latency[index] ?? 0)),
    },
  };
}

function columnsOf(
  steps: readonly (Step | undefined)[],
  connections: readonly number[],
  stepSeconds: number,
  first: number,
): TrafficColumns {
  const perSecond = (read: (measures: Measures) => number): number[] =>
    steps.map((step) => (step === undefined ? 0 : rounded(read(step.measures) / stepSeconds)));
  const summaries = steps.map((step) =>
    step === undefined ? undefined : summarize(step.measures, stepSeconds),
  );
  return {
    stepSeconds,
    times: steps.map((_, index) => first + index * stepSeconds),
    rate: perSecond((measures) => measures.requests),
    rate2xx: perSecond((measures) => measures.responses2xx),
    rate3xx: perSecond((measures) => measures.responses3xx),
    rate4xx: perSecond((measures) => measures.responses4xx),
    rate5xx: perSecond((measures) => measures.responses5xx),
    failures: perSecond((measures) => measures.failures),
    success: summaries.map((summary) => summary?.successRate ?? null),
    p50: summaries.map((summary) => orNull(summary?.p50Ms)),
    p95: summaries.map((summary) => orNull(summary?.p95Ms)),
    p99: summaries.map((summary) => orNull(summary?.p99Ms)),
    connections: [...connections],
    bytesReceived: perSecond((measures) => measures.bytesReceived),
    bytesSent: perSecond((measures) => measures.bytesSent),
  };
}

function orNull(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}

/** To a thousandth: a chart shows less, and the wire carries it every second. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
