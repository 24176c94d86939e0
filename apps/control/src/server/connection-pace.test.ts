import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionPace } from "./connection-pace.ts";

test("an address connects at once while it has not done so too often, then waits its turn, then is turned away", () => {
  const pace = new ConnectionPace({ burst: 3, perSecond: 10, waitingMax: 2 });
  const take = (nowMs: number, address = "a") => pace.take(address, nowMs);
  assert.deepEqual([take(0), take(0), take(0)], [0, 0, 0]);
  assert.deepEqual([take(0), take(0), take(0)], [100, 200, undefined]);
  assert.equal(take(0, "b"), 0);
  assert.equal(take(100), 200);
  assert.equal(take(10_000), 0);
});
