import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LATENCY_BUCKETS_MS } from "../contract.ts";
import { rebucket } from "./rebucket.ts";

test("counts with our own bounds come out as they went in", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: LATENCY_BUCKETS_MS.length, maxLength: LATENCY_BUCKETS_MS.length }),
      fc.nat(100),
      (counts, above) => {
        let sum = 0;
        const points = LATENCY_BUCKETS_MS.map((bound, index) => {
          sum += counts[index] ?? 0;
          return { bound, count: sum };
        });
        assert.deepEqual(rebucket(points, sum + above), [...counts, above]);
      },
    ),
  );
});

test("Envoy's default buckets are spread evenly and lose nothing", () => {
  const points = [
    { bound: 5, count: 0 },
    { bound: 10, count: 100 },
    { bound: 25, count: 100 },
  ];
  const counts = rebucket(points, 103);
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    103,
  );
  assert.equal(counts[LATENCY_BUCKETS_MS.indexOf(6)], 20);
  assert.equal(counts[LATENCY_BUCKETS_MS.indexOf(8)], 40);
  assert.equal(counts[LATENCY_BUCKETS_MS.indexOf(10)], 40);
  assert.equal(counts.at(-1), 3);
});
