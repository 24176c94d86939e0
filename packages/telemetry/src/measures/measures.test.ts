import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LATENCY_BUCKETS_MS } from "../contract.ts";
import { addMeasures, appendMeasures, emptyMeasures } from "./measures.ts";
import { percentile } from "./percentile.ts";
import { summarize } from "./summarize.ts";

function countsOf(valuesMs: readonly number[]): number[] {
  const { latency } = emptyMeasures();
  for (const value of valuesMs) {
    const found = LATENCY_BUCKETS_MS.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? LATENCY_BUCKETS_MS.length : found;
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return latency;
}

test("a percentile lies in the bucket of the true one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 299_999, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.95, 0.99, 1),
      (values, quantile) => {
        const sorted = values.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
        const upper = LATENCY_BUCKETS_MS.find((bound) => truth <= bound) ?? 0;
        const lower = LATENCY_BUCKETS_MS[LATENCY_BUCKETS_MS.indexOf(upper) - 1] ?? 0;
        const answer = percentile(countsOf(values), quantile) ?? Number.NaN;
        assert.ok(answer >= lower && answer <= upper, `${answer} for ${truth}, bucket ${lower} to ${upper}`);
      },
    ),
  );
});

test("an evenly spread latency's percentiles are within 10% of the true ones", () => {
  const values = Array.from({ length: 10_000 }, (_, index) => 5 + (index * 95) / 10_000);
  const counts = countsOf(values);
  for (const quantile of [0.5, 0.95, 0.99]) {
    const truth = values[Math.floor(quantile * values.length)] ?? 0;
    const answer = percentile(counts, quantile) ?? 0;
    assert.ok(Math.abs(answer - truth) / truth < 0.1, `p${quantile * 100}: ${answer} for ${truth}`);
  }
});

test("nothing counted has no percentile, and the open-ended bucket gives its lower bound", () => {
  assert.equal(percentile(emptyMeasures().latency, 0.5), undefined);
  assert.equal(percentile(countsOf([900_000]), 0.5), 300_000);
});

test("rates are per second and the success rate counts 5xx and unanswered requests once", () => {
  const measures = { ...emptyMeasures(), requests: 100, responses5xx: 10, failures: 10, bytesSent: 500 };
  const summary = summarize(measures, 5);
  assert.equal(summary.requestsPerSecond, 20);
  assert.equal(summary.bytesSentPerSecond, 100);
  assert.equal(summary.successRate, 0.9);
});

test("a failure that a retry made good does not count against success", () => {
  assert.equal(summarize({ ...emptyMeasures(), requests: 10, failures: 4, retries: 4 }, 1).successRate, 1);
});

test("only failures, no request: nothing succeeded; nothing at all: undefined", () => {
  assert.equal(summarize({ ...emptyMeasures(), failures: 3 }, 1).successRate, 0);
  assert.equal(summarize(emptyMeasures(), 1).successRate, undefined);
});

test("across nodes gauges add up, along time the later one holds", () => {
  const one = { ...emptyMeasures(), requests: 1, connectionsActive: 3 };
  const two = { ...emptyMeasures(), requests: 2, connectionsActive: 5 };
  const across = emptyMeasures();
  addMeasures(across, one);
  addMeasures(across, two);
  assert.deepEqual([across.requests, across.connectionsActive], [3, 8]);
  const along = emptyMeasures();
  appendMeasures(along, one);
  appendMeasures(along, two);
  assert.deepEqual([along.requests, along.connectionsActive], [3, 5]);
});
