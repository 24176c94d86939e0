import assert from "node:assert/strict";
import { test } from "node:test";
import { TokenBuckets } from "./token-buckets.ts";

test("a burst goes through, then as many as the rate brings, and keys do not share", () => {
  let nowMs = 0;
  const buckets = new TokenBuckets({ perSecond: 10, burst: 3 }, () => nowMs);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take("a")),
    [0, 0, 0, 1],
  );
  assert.equal(buckets.take("b"), 0);
  nowMs += 99;
  assert.equal(buckets.take("a"), 1);
  nowMs += 1;
  assert.equal(buckets.take("a"), 0);
  nowMs += 3_600_000;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take("a")),
    [0, 0, 0, 1],
  );
});

test("a flood of keys is bounded and cannot wash away who is being held back", () => {
  let nowMs = 0;
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, () => nowMs);
  for (let index = 0; index < 20_000; index++) buckets.take(`early ${index}`);
  nowMs += 2_000;
  assert.equal(buckets.take("held"), 0);
  nowMs += 1;
  for (let index = 0; index < 9_000; index++) buckets.take(`late ${index}`);
  assert.equal(buckets.take("held"), 1);
});
