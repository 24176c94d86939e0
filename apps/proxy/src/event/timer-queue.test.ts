import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Deadline, TimerQueue } from "./timer-queue.ts";

function timersOf(context: TestContext) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  const timers = new TimerQueue({ nowMs: () => nowMs, wallMs: () => nowMs });
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

test("many deadlines, set, moved, cleared and disposed at random, expire once each, when they are due", (context) => {
  const { timers, advance } = timersOf(context);
  let nowMs = 0;
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const due: (number | undefined)[] = [];
  const late: string[] = [];
  const owner = {
    onDeadline(which: number): void {
      if (due[which] !== nowMs) late.push(`${which} at ${nowMs}, due ${due[which]}`);
      due[which] = undefined;
    },
  };
  const deadlines = Array.from({ length: 300 }, (_, which) => new Deadline(timers, owner, which));
  for (let step = 0; step < 2000; step++) {
    for (let change = 0; change < 3; change++) {
      const which = random(deadlines.length);
      const deadline = deadlines[which];
      const what = random(8);
      if (what === 0) deadline?.clear();
      else if (what === 1) deadline?.dispose();
      const delayMs = 1 + random(400);
      if (what > 1) deadline?.set(delayMs);
      due[which] = what > 1 ? nowMs + delayMs : undefined;
    }
    nowMs++;
    advance(1);
    for (const [which, at] of due.entries()) {
      if (at !== undefined && at <= nowMs) late.push(`${which} due ${at} has not expired at ${nowMs}`);
    }
  }
  assert.deepEqual(late, []);
});

test("an owner that throws costs the others nothing", (context) => {
  const { timers, advance } = timersOf(context);
  const fired: number[] = [];
  const owner = {
    onDeadline(which: number): void {
      fired.push(which);
      if (which === 0) throw new Error("on purpose");
    },
  };
  const [first, second] = [new Deadline(timers, owner, 0), new Deadline(timers, owner, 1)];
  first.set(5);
  second.set(5);
  assert.throws(() => advance(5), /on purpose/);
  advance(2);
  assert.deepEqual(fired, [0, 1]);
});

test("only what is set keeps a thread alive", () => {
  const timers = new TimerQueue({ nowMs: () => performance.now(), wallMs: () => Date.now() });
  const timeouts = (): number =>
    process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
  const before = timeouts();
  const deadline = new Deadline(timers, { onDeadline: () => {} }, 0);
  deadline.set(60_000);
  assert.equal(timeouts(), before + 1);
  deadline.clear();
  assert.equal(timeouts(), before);
  deadline.set(90_000);
  assert.equal(timeouts(), before + 1);
  deadline.dispose();
  assert.equal(timeouts(), before);
});
