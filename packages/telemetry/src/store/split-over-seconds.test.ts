import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyMeasures } from "../measures/measures.ts";
import { splitOverSeconds } from "./split-over-seconds.ts";

test("a report within one second stays whole, also one that ends with it", () => {
  const measures = { ...emptyMeasures(), requests: 7 };
  assert.deepEqual(splitOverSeconds(measures, 10_100, 10_600), [{ second: 10, measures }]);
  assert.deepEqual(splitOverSeconds(measures, 10_500, 11_000), [{ second: 10, measures }]);
});

test("a report across a second's end is shared out by time", () => {
  const shares = splitOverSeconds(
    { ...emptyMeasures(), requests: 100, connectionsActive: 4 },
    10_900,
    11_400,
  );
  assert.deepEqual(
    shares.map(({ second, measures }) => [second, measures.requests, measures.connectionsActive]),
    [
      [10, 20, 4],
      [11, 80, 4],
    ],
  );
});

test("nothing is lost or made up, whatever the times", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 1, max: 5_000 }),
      fc.nat(1_000),
      fc.nat(50),
      (from, length, requests, slow) => {
        const measures = { ...emptyMeasures(), requests };
        measures.latency[9] = slow;
        const shares = splitOverSeconds(measures, from, from + length);
        const sum = (pick: (share: (typeof shares)[number]) => number) =>
          shares.reduce((total, share) => total + pick(share), 0);
        assert.equal(
          sum((share) => share.measures.requests),
          requests,
        );
        assert.equal(
          sum((share) => share.measures.latency[9] ?? 0),
          slow,
        );
        assert.ok(shares.every((share) => share.measures.requests >= 0));
      },
    ),
  );
});
