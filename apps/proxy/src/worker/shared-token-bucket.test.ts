import assert from "node:assert/strict";
import { it } from "node:test";
import { LocalNumber, SharedTokenBucket } from "./shared-token-bucket.ts";

it("has the whole tokens that were not taken, at any time of day", () => {
  let wallMs = 0;
  const clock = { wallMs: () => wallMs, nowMs: () => 0 };
  for (let i = 0; i < 10_000; i++) {
    wallMs = 1_795_000_000_000 + i * 86_413.377;
    const settings = { maxTokens: 5, tokensPerFill: 1, fillIntervalMs: 3_050_000 };
    const bucket = new SharedTokenBucket(settings, new LocalNumber(1), clock);
    for (let left = 4; left >= 0; left--) {
      assert.equal(bucket.consume(), true);
      assert.equal(bucket.remaining(), left);
    }
    assert.equal(bucket.consume(), false);
    assert.equal(bucket.nextTokenMs(), 3_050_000);
  }
});
