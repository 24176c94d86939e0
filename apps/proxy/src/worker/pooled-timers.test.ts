import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { PooledTimers } from "./pooled-timers.ts";

function timersOf(context: TestContext) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  const timers = new PooledTimers({ nowMs: () => nowMs, wallMs: () => nowMs });
  return {
    timers,
    advance(ms: number) {
      for (let i = 0; i < ms; i++) {
        nowMs++;
        context.mock.timers.tick(1);
      }
    },
  };
}

test("a timer fires once, when it is due", (context) => {
  const { timers, advance } = timersOf(context);
  let fired = 0;
  const timer = timers.create(() => fired++);
  timer.arm(10);
  advance(9);
  assert.equal(fired, 0);
  assert.equal(timer.armed, true);
  advance(1);
  assert.equal(fired, 1);
  assert.equal(timer.armed, false);
  advance(100);
  assert.equal(fired, 1);
});

test("arming again replaces the delay, to later and to earlier", (context) => {
  const { timers, advance } = timersOf(context);
  let fired = 0;
  const timer = timers.create(() => fired++);
  timer.arm(10);
  advance(5);
  timer.arm(10);
  advance(9);
  assert.equal(fired, 0);
  timer.arm(100);
  timer.arm(3);
  advance(2);
  assert.equal(fired, 0);
  advance(1);
  assert.equal(fired, 1);
});

test("a timeout left by a disarmed timer serves the next one neither early nor late", (context) => {
  const { timers, advance } = timersOf(context);
  const fired: string[] = [];
  const first = timers.create(() => fired.push("first"));
  first.arm(10);
  advance(4);
  first.disarm();
  const second = timers.create(() => fired.push("second"));
  second.arm(10);
  advance(9);
  assert.equal(fired.length, 0);
  advance(1);
  assert.equal(fired.join(), "second");
  const third = timers.create(() => fired.push("third"));
  third.arm(1000);
  third.disarm();
  const fourth = timers.create(() => fired.push("fourth"));
  fourth.arm(2);
  advance(2);
  assert.equal(fired.join(), "second,fourth");
  advance(2000);
  assert.equal(fired.join(), "second,fourth");
});

test("a timer may be armed from its own callback", (context) => {
  const { timers, advance } = timersOf(context);
  let fired = 0;
  const timer = timers.create(() => {
    if (++fired < 3) timer.arm(5);
  });
  timer.arm(5);
  advance(15);
  assert.equal(fired, 3);
  assert.equal(timer.armed, false);
});
