import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./system-time.ts";
import { enterTurn, leaveTurn } from "./turn.ts";

/** Until Node's own clock has gone on by `ms`. */
function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test("the clock stands still within a turn, and goes on with the next and between them", () => {
  enterTurn();
  const first = systemClock.nowMs();
  const wall = systemClock.wallMs();
  enterTurn();
  spin(3);
  assert.equal(systemClock.nowMs(), first);
  leaveTurn();
  assert.equal(systemClock.nowMs(), first);
  assert.equal(systemClock.wallMs(), wall);
  leaveTurn();
  const between = systemClock.nowMs();
  assert.ok(between >= first + 3);
  spin(1);
  assert.ok(systemClock.nowMs() > between);
  enterTurn();
  assert.ok(systemClock.nowMs() > between);
  assert.ok(systemClock.wallMs() > wall);
  leaveTurn();
});
