import assert from "node:assert/strict";
import { test } from "node:test";
import { LATENCY_BUCKETS_MS, type Measures, type Series } from "@sluice/telemetry";
import { columnsOfSeries } from "./columns-of-series.ts";
import { chartStep } from "./live-input.ts";

function measuresOf(some: Partial<Measures>): Measures {
  return {
    requests: 0,
    responses2xx: 0,
    responses3xx: 0,
    responses4xx: 0,
    responses5xx: 0,
    failures: 0,
    retries: 0,
    connectionsOpened: 0,
    connectionsActive: 0,
    requestsActive: 0,
    bytesReceived: 0,
    bytesSent: 0,
    membersHealthy: 0,
    membersTotal: 0,
    latency: LATENCY_BUCKETS_MS.map(() => 0),
    ...some,
  };
}

function latencyOf(ms: number, count: number): number[] {
  const latency = LATENCY_BUCKETS_MS.map(() => 0);
  latency[LATENCY_BUCKETS_MS.indexOf(ms)] = count;
  return latency;
}

function seriesOf(
  name: string,
  stepSeconds: number,
  points: readonly (readonly [number, Partial<Measures>])[],
): Series {
  return {
    scope: { kind: "node", name },
    node: undefined,
    resolution: "1s",
    stepSeconds,
    points: points.map(([second, some]) => ({ at: new Date(second * 1000), measures: measuresOf(some) })),
  };
}

test("a second without rows is zero traffic, with no latency rather than zero latency", () => {
  const columns = columnsOfSeries(
    [seriesOf("a", 1, [[100, { requests: 4, latency: latencyOf(10, 4) }]])],
    1,
    99,
    102,
  );
  assert.deepEqual(columns.times, [99, 100, 101]);
  assert.deepEqual(columns.rate, [0, 4, 0]);
  assert.equal(columns.p95[0], null);
  assert.ok((columns.p95[1] ?? 0) > 8);
  assert.deepEqual(columns.success, [null, 1, null]);
});

test("nodes add up, and percentiles come from the added buckets", () => {
  const columns = columnsOfSeries(
    [
      seriesOf("a", 1, [[100, { requests: 98, latency: latencyOf(1, 98) }]]),
      seriesOf("b", 1, [[100, { requests: 2, responses5xx: 2, latency: latencyOf(1000, 2) }]]),
    ],
    1,
    100,
    101,
  );
  assert.deepEqual(columns.rate, [100]);
  assert.equal(columns.success[0], 0.98);
  assert.ok((columns.p50[0] ?? 99) <= 1 && (columns.p99[0] ?? 0) > 800);
});

test("rates are per second whatever the step", () => {
  const columns = columnsOfSeries(
    [seriesOf("a", 10, [[100, { requests: 50, bytesSent: 1000 }]])],
    10,
    100,
    120,
  );
  assert.deepEqual(
    [columns.rate, columns.bytesSent],
    [
      [5, 0],
      [100, 0],
    ],
  );
});

test("open connections hold until they are stored again, and are forgotten when that stops", () => {
  const columns = columnsOfSeries(
    [
      seriesOf("a", 1, [
        [90, { connectionsActive: 3 }],
        [101, { connectionsActive: 5 }],
      ]),
    ],
    1,
    100,
    115,
  );
  assert.deepEqual(columns.connections, [3, ...new Array<number>(12).fill(5), 0, 0]);
});

test("several rows make a step: sums are exact, gauges the mean of what held, the step that lasts counts for as long as it has", () => {
  const points = Array.from({ length: 7 }, (_, index) => [
    100 + index,
    { requests: index + 1, responses2xx: index + 1, latency: latencyOf(10, index + 1) },
  ]) satisfies (readonly [number, Partial<Measures>])[];
  const gauges = [
    [98, { connectionsActive: 10 }],
    [102, { connectionsActive: 5 }],
  ] satisfies (readonly [number, Partial<Measures>])[];
  const columns = columnsOfSeries([seriesOf("a", 1, points), seriesOf("b", 1, gauges)], 5, 101, 107, 1);
  assert.deepEqual(columns.times, [100, 105]);
  assert.deepEqual(columns.rate, [3, 6.5]);
  assert.deepEqual(columns.connections, [7, 5]);
  assert.equal(columns.stepSeconds, 5);
});

test("a chart has at most 180 steps, of lengths that people count in", () => {
  const step = (seconds: number) => chartStep(seconds).stepSeconds;
  assert.deepEqual([60, 180, 300, 900].map(step), [1, 1, 2, 5]);
  assert.deepEqual([3_600, 10_800, 86_400, 7 * 86_400, 31 * 86_400].map(step), [20, 60, 600, 3_600, 21_600]);
  for (let seconds = 60; seconds <= 31 * 86_400; seconds = Math.ceil(seconds * 1.1)) {
    const { rowSeconds, stepSeconds } = chartStep(seconds);
    assert.ok(seconds / stepSeconds <= 180 && stepSeconds % rowSeconds === 0, `${seconds} s`);
  }
});
