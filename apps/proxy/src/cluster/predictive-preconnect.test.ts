import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictivePreconnect } from "./predictive-preconnect.ts";

test("connections are due until all pools together have room for the streams to come", () => {
  const predictive = new PredictivePreconnect(2, () => undefined);
  assert.equal(predictive.wantsMore, false, "nothing goes on");
  predictive.change(1, 0, 1);
  assert.equal(predictive.wantsMore, true, "one waits for the one connection");
  predictive.change(0, 0, 1);
  assert.equal(predictive.wantsMore, false, "there is one for the next stream, too");
  predictive.change(-1, 1, -1);
  assert.equal(predictive.wantsMore, false);
  predictive.change(0, 1, -1);
  assert.equal(predictive.wantsMore, true, "both are taken");
});
