import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeFromZero, rangeToOne, stackSeries } from "./stack-series.ts";

test("each series stands on those after it", () => {
  assert.deepEqual(
    stackSeries([
      [1, 2],
      [10, null],
      [100, 200],
    ]),
    [
      [111, 202],
      [110, 200],
      [100, 200],
    ],
  );
});

test("axes are never flat, begin at zero and leave air", () => {
  assert.deepEqual(rangeFromZero(0), [0, 1]);
  assert.deepEqual(rangeFromZero(null), [0, 1]);
  assert.ok(rangeFromZero(100)[1] > 100);
  assert.deepEqual(rangeFromZero(0.99, 1), [0, 1]);
});

test("the axis of success shows small losses", () => {
  const [low, high] = rangeToOne(0.999);
  assert.ok(low > 0.998 && low < 0.999 && high > 1);
  assert.ok(rangeToOne(0.2)[0] >= 0);
  assert.equal(rangeToOne(undefined)[0], 0.99);
});
