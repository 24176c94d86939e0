import assert from "node:assert/strict";
import { test } from "node:test";
import { LATENCY_BUCKETS_MS, type Measures, type Series } from "@sluice/telemetry";
import { columnsOfSeries } from "./columns-of-series.ts";

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
