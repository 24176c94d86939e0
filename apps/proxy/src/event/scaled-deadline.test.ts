import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { scaledDeadline } from "./scaled-deadline.ts";
import { TimerQueue } from "./timer-queue.ts";
import { TimerScaling } from "./timer-scaling.ts";

/** A queue over mocked time, and what has expired in it. */
function setUp(): {
  readonly timers: TimerQueue;
  readonly scaling: TimerScaling;
  readonly expired: number[];
} {
  const started = Date.now();
  const timers = new TimerQueue({ nowMs: () => Date.now() - started, wallMs: () => Date.now() });
  const scaling = new TimerScaling({
    HTTP_DOWNSTREAM_CONNECTION_IDLE: { kind: "timeout", ms: 200 },
    HTTP_DOWNSTREAM_STREAM_IDLE: { kind: "share", share: 0.1 },
  });
  timers.scaling = scaling;
  return { timers, scaling, expired: [] };
}

test("a timeout shrinks to its minimum as the action's state grows, and grows again", (t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  t.after(() => mock.timers.reset());
  const { timers, scaling, expired } = setUp();
  const owner = { onDeadline: (which: number): unknown => expired.push(which) };
  const idle = scaledDeadline(timers, owner, 1, "HTTP_DOWNSTREAM_CONNECTION_IDLE");
  const stream = scaledDeadline(timers, owner, 2, "HTTP_DOWNSTREAM_STREAM_IDLE");
  const plain = scaledDeadline(timers, owner, 3, "TRANSPORT_SOCKET_CONNECT");
  for (const each of [idle, stream, plain]) each.set(1000);
  const rescale = (state: number): void => {
    scaling.state = state;
    timers.rescale();
  };
  // 1000 - (1000 - 200) / 2 and 1000 - (1000 - 100) / 2.
  rescale(0.5);
  mock.timers.tick(549);
  assert.deepEqual(expired, []);
  mock.timers.tick(1);
  assert.deepEqual(expired, [2]);
  rescale(0.25);
  mock.timers.tick(249);
  assert.deepEqual(expired, [2]);
  rescale(0.5);
  mock.timers.tick(1);
  assert.deepEqual(expired, [2, 1]);
  rescale(1);
  mock.timers.tick(199);
  assert.deepEqual(expired, [2, 1]);
  mock.timers.tick(1);
  assert.deepEqual(expired, [2, 1, 3]);
});

test("a minimum above the timeout changes nothing", (t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  t.after(() => mock.timers.reset());
  const { timers, scaling, expired } = setUp();
  scaling.state = 1;
  const owner = { onDeadline: (which: number): unknown => expired.push(which) };
  scaledDeadline(timers, owner, 1, "HTTP_DOWNSTREAM_CONNECTION_IDLE").set(100);
  mock.timers.tick(99);
  assert.deepEqual(expired, []);
  mock.timers.tick(1);
  assert.deepEqual(expired, [1]);
});
