import assert from "node:assert/strict";
import { test } from "node:test";
import { LATENCY_BUCKETS_MS, type Measures } from "../contract.ts";
import { compareMeasures } from "./compare-measures.ts";
import { emptyMeasures } from "./measures.ts";

const RULE = { requestsMin: 100, errorRateRise: 0.01, latencyFactor: 1.5 };

function side(requests: number, failed: number, latencies: Readonly<Record<number, number>> = {}): Measures {
  const measures = { ...emptyMeasures(), requests, responses5xx: failed };
  for (const [ms, count] of Object.entries(latencies)) {
    const bucket = LATENCY_BUCKETS_MS.findIndex((upper) => upper >= Number(ms));
    measures.latency[bucket] = count;
  }
  return measures;
}

const verdict = (newer: Measures, older: Measures) => compareMeasures(newer, older, RULE).verdict;

test("with too few requests on either side nothing is concluded, however bad they are", () => {
  assert.equal(verdict(side(99, 99), side(1_000, 0)), "inconclusive");
  assert.equal(verdict(side(1_000, 1_000), side(99, 0)), "inconclusive");
  const { reason } = compareMeasures(side(3, 0), side(1_000, 0), RULE);
  assert.match(reason, /3 on the new nodes, 1000 on the old, 100 needed/);
});

test("a higher error rate is worse when it is both large enough and no chance", () => {
  assert.equal(verdict(side(1_000, 50), side(1_000, 1)), "worse");
  assert.equal(verdict(side(1_000, 1), side(1_000, 50)), "fine");
  // 8 of 100 against 0 of 100 is 2.9 standard errors: it may be chance.
  assert.equal(verdict(side(100, 8), side(100, 0)), "fine");
  // Certain, but less than the rise that is let pass.
  assert.equal(verdict(side(1_000_000, 9_000), side(1_000_000, 1_000)), "fine");
  assert.match(
    compareMeasures(side(1_000, 50), side(1_000, 1), RULE).reason,
    /error rate 5.00% against 0.10%: a rise of more than 1.00% \(\d+\.\d standard errors\)/,
  );
});

test("equal error rates are fine on both ends: none, and all", () => {
  assert.equal(verdict(side(1_000, 0), side(1_000, 0)), "fine");
  assert.equal(verdict(side(1_000, 1_000), side(1_000, 1_000)), "fine");
});

test("a slower p95 is worse when many requests are slow, not when it hangs on a few", () => {
  const fast = side(1_000, 0, { 10: 1_000 });
  assert.equal(verdict(side(1_000, 0, { 10: 800, 50: 200 }), fast), "worse");
  assert.equal(verdict(fast, side(1_000, 0, { 10: 800, 50: 200 })), "fine");
  assert.equal(verdict(side(100, 0, { 10: 94, 50: 6 }), side(100, 0, { 10: 99, 50: 1 })), "fine");
  // 12 ms against 10 ms: within the factor.
  assert.equal(verdict(side(1_000, 0, { 12.5: 1_000 }), fast), "fine");
});
