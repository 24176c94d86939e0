import assert from "node:assert/strict";
import { test } from "node:test";
import { pickSample, RateCap } from "./rate-cap.ts";

test("a key gets its rate and a second's burst, whatever another takes", () => {
  const cap = new RateCap(10);
  assert.equal(cap.take("a", 25, 0), 10);
  assert.equal(cap.take("b", 5, 0), 5);
  assert.equal(cap.take("a", 25, 500), 5);
  assert.equal(cap.take("a", 25, 500), 0);
  assert.equal(cap.take("a", 25, 60_000), 10);
});

test("a sample has the notable items first, then evenly spread ones, in order", () => {
  const items = Array.from({ length: 10 }, (_, index) => index);
  assert.deepEqual(
    pickSample(items, 4, (item) => item === 7),
    [2, 5, 7, 9],
  );
  assert.equal(pickSample(items, 3, () => true).length, 3);
  assert.deepEqual(
    pickSample(items, 0, () => true),
    [],
  );
  assert.deepEqual(
    pickSample(items, 99, () => false),
    items,
  );
});
