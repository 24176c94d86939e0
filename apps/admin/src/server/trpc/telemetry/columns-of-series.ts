import { type Measures, type Series, summarize } from "@sluice/telemetry";
import type { TrafficColumns } from "../../../components/chart/traffic-columns.ts";

/** A gauge is stored when it changes and at least this often; older than that it is taken for 0. */
const GAUGE_SECONDS = 12;

/**
 * Series of one step as one set of columns: scopes are added up (latency by bucket, so percentiles stay true), a step
 * without a row is zero traffic, and a gauge holds until it is stored again.
 *
 * @param stepSeconds from one point to the next
 * @param fromSeconds epoch: the step that it is in is the first
 * @param toSeconds epoch, exclusive: what has begun but is not over would be drawn as a drop. A step that it ends within counts for
 *   as long as it has lasted
 * @param rowSeconds of the series' own points; `stepSeconds` is a multiple
 */
export function columnsOfSeries(
  series: readonly Series[],
  stepSeconds: number,
  fromSeconds: number,
  toSeconds: number,
  rowSeconds = stepSeconds,
): TrafficColumns {
  const first = Math.floor(fromSeconds / stepSeconds) * stepSeconds;
  const rows = Math.max(0, Math.floor((toSeconds - first) / rowSeconds));
  const perStep = stepSeconds / rowSeconds;
  const steps: (Step | undefined)[] = new Array<Step | undefined>(Math.ceil(rows / perStep)).fill(undefined);
  const connections = new Array<number>(rows).fill(0);
  for (const { points } of series) {
    let held = 0;
    let heldUntil = Number.NEGATIVE_INFINITY;
    let next = 0;
    const holdRows = Math.max(1, Math.ceil(GAUGE_SECONDS / rowSeconds));
    const ordered = points.map(({ at, measures }) => ({
      row: Math.round((at.getTime() / 1000 - first) / rowSeconds),
      measures,
    }));
    for (const { row, measures } of ordered) {
      const index = Math.floor(row / perStep);
      if (row >= 0 && row < rows) steps[index] = added(steps[index], measures);
    }
    for (let row = 0; row < rows; row += 1) {
      for (let point = ordered[next]; point !== undefined && point.row <= row; point = ordered[++next]) {
        held = point.measures.connectionsActive;
        heldUntil = point.row + holdRows;
      }
      if (row < heldUntil) connections[row] = (connections[row] ?? 0) + held;
    }
  }
  const means = steps.map((_, index) => mean(connections.slice(index * perStep, (index + 1) * perStep)));
  const seconds = steps.map((_, index) => Math.min(perStep, rows - index * perStep) * rowSeconds);
  return columnsOf(steps, means, seconds, stepSeconds, first);
}

function mean(values: readonly number[]): number {
  return rounded(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
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
  /** How long each step has lasted. */
  seconds: readonly number[],
  stepSeconds: number,
  first: number,
): TrafficColumns {
  const lasted = (index: number): number => seconds[index] ?? stepSeconds;
  const perSecond = (read: (measures: Measures) => number): number[] =>
    steps.map((step, index) => (step === undefined ? 0 : rounded(read(step.measures) / lasted(index))));
  const summaries = steps.map((step, index) =>
    step === undefined ? undefined : summarize(step.measures, lasted(index)),
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
