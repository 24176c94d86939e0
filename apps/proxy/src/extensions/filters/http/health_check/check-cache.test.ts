import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualTime } from "../../../../event/testing/manual-time.ts";
import { LocalNumber } from "../../../../worker/shared-token-bucket.ts";
import { CheckCache } from "./check-cache.ts";

describe("the last answer to a check", () => {
  it("stands until the period ends that it came in", () => {
    const numbers = new Map([
      ["since", new LocalNumber(1)],
      ["answer", new LocalNumber(1)],
    ]);
    const numberOf = (name: string): LocalNumber => numbers.get(name) ?? new LocalNumber(1);
    const time = new ManualTime();
    const one = new CheckCache(10_000, numberOf, time);
    assert.equal(one.get(), undefined);
    time.advance(8_000);
    one.put({ status: 503, degraded: true });
    assert.deepEqual(one.get(), { status: 503, degraded: true });
    time.advance(1_999);
    assert.deepEqual(one.get(), { status: 503, degraded: true });
    time.advance(1);
    assert.equal(one.get(), undefined);
    one.put({ status: 200, degraded: false });
    assert.deepEqual(one.get(), { status: 200, degraded: false });
  });
});
