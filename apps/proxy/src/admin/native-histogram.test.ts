import assert from "node:assert/strict";
import { test } from "node:test";
import { binOf, HISTOGRAM_BINS, histogramView } from "../stats/log-linear-histogram.ts";
import type { HistogramReading } from "../stats/stat-readings.ts";
import { nativeHistogram } from "./native-histogram.ts";

function reading(
  values: readonly (readonly [value: number, times: number])[],
  name = "ms",
): HistogramReading {
  const bins = new Float64Array(HISTOGRAM_BINS);
  for (const [value, times] of values) bins[binOf(value)] = times;
  const view = histogramView(bins);
  return { name, tagged: { name, tags: [] }, bounds: [], cumulative: view, interval: view, used: true };
}

test("small whole numbers have the buckets that Envoy 1.40 gives them", () => {
  const shape = nativeHistogram(
    reading([
      [0, 157],
      [1, 4],
      [2, 3],
      [3, 2],
      [6, 1],
    ]),
    20,
  );
  assert.deepEqual(
    { ...shape, sampleSum: undefined },
    {
      sampleCount: 167n,
      sampleSum: undefined,
      schema: 4,
      zeroThreshold: 0.5,
      zeroCount: 157n,
      positiveSpan: [0, 15, 9, 15].map((offset) => ({ offset, length: 1 })),
      positiveDelta: [4n, -1n, -1n, -1n],
    },
  );
});

test("what is spread wide takes coarser buckets, and none is lost", () => {
  const wide = reading(Array.from({ length: 60 }, (_, i) => [2 ** (i / 4), 1] as const));
  const shape = nativeHistogram(wide, 10);
  assert.ok(Number(shape.schema) < 0, String(shape.schema));
  let count = 0n;
  let total = BigInt(shape.zeroCount ?? 0);
  for (const delta of shape.positiveDelta ?? []) {
    count += delta;
    total += count;
  }
  assert.equal(total, BigInt(wide.cumulative.count));
});

test("an empty one is told from one with classic buckets", () => {
  const { schema, positiveSpan } = nativeHistogram(reading([]), 20);
  assert.deepEqual({ schema, positiveSpan }, { schema: 3, positiveSpan: [{ offset: 0, length: 0 }] });
});
