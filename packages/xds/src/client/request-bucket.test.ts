import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestBucket } from "./request-bucket.ts";

test("tokens are taken until there are none, and come back at the rate", () => {
  const bucket = new RequestBucket({ tokensMax: 2, perSecond: 10 });
  assert.equal(bucket.take(0), 0);
  assert.equal(bucket.take(0), 0);
  assert.equal(bucket.take(0), 100);
  assert.equal(bucket.take(60), 40);
  assert.equal(bucket.take(100), 0);
  assert.equal(bucket.take(10_000), 0);
  assert.equal(bucket.take(10_000), 0);
  assert.equal(bucket.take(10_000), 100);
});
