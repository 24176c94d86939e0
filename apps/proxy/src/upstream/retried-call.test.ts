import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualTime } from "../event/testing/manual-time.ts";
import type { CallOutcome, CallRetries } from "../grpc/call-retries.ts";
import { RetryOn } from "../http/retry-on.ts";
import { RetriedCall } from "./retried-call.ts";

const BAD: CallOutcome = { kind: "head", status: 503, grpcStatus: undefined };
const GOOD: CallOutcome = { kind: "head", status: 200, grpcStatus: undefined };
const RETRIES: CallRetries = {
  retryOn: RetryOn.FiveXx,
  numRetries: 2,
  baseIntervalMs: 100,
  maxIntervalMs: 1000,
};
/** Half of the longest pause. */
const HALF = { uint32: () => 2 ** 31, uuid: () => "" };

class Tries {
  readonly time = new ManualTime();
  readonly begun: string[] = [];
  cancelled = 0;
  readonly call: RetriedCall;

  constructor(
    plan: { readonly retries?: CallRetries; readonly timeoutMs?: number },
    onBegin: (call: RetriedCall, retry: number) => void = () => {},
  ) {
    const { time } = this;
    const { retries, timeoutMs = 0 } = plan;
    this.call = new RetriedCall(
      { clock: time, timers: time, random: HALF },
      { retries, timeoutMs },
      (leftMs, retry) => {
        this.begun.push(`${retry} at ${time.nowMs()}, ${leftMs} left`);
        onBegin(this.call, retry);
        return { cancel: () => void this.cancelled++ };
      },
    );
    this.call.start();
  }
}

describe("a retried call of the proxy's own", () => {
  it("is tried again behind pauses that grow, as often as its policy says", () => {
    const { call, time, begun } = new Tries({ retries: RETRIES });
    assert.equal(call.goesOn(BAD), true);
    time.advance(49);
    assert.equal(begun.length, 1);
    time.advance(1);
    assert.equal(call.goesOn(BAD), true);
    time.advance(100);
    assert.deepEqual(begun, ["0 at 0, 0 left", "1 at 50, 0 left", "2 at 150, 0 left"]);
    assert.equal(call.goesOn(BAD), false);
    assert.equal(time.nextDueMs, undefined);
  });

  it("is over with an outcome that is not retried, or without a policy", () => {
    for (const [retries, outcome] of [
      [RETRIES, GOOD],
      [RETRIES, undefined],
      [undefined, BAD],
    ] as const) {
      const { call, time, begun } = new Tries(retries === undefined ? {} : { retries });
      assert.equal(call.goesOn(outcome), false);
      assert.equal(time.nextDueMs, undefined);
      assert.equal(begun.length, 1);
    }
  });

  it("begins no try that its deadline would not let begin, and tells each what is left", () => {
    const { call, time, begun } = new Tries({ retries: RETRIES, timeoutMs: 120 });
    assert.equal(call.goesOn(BAD), true);
    time.advance(50);
    assert.deepEqual(begun, ["0 at 0, 120 left", "1 at 50, 70 left"]);
    assert.equal(call.isLate, false);
    assert.equal(call.goesOn(BAD), false);
    time.advance(70);
    assert.equal(call.isLate, true);
  });

  it("cancels the try that is under way, or the pause; nothing once it is over", () => {
    const under = new Tries({ retries: RETRIES });
    under.call.cancel();
    under.call.cancel();
    assert.equal(under.cancelled, 1);
    assert.equal(under.call.goesOn(BAD), false);

    const pausing = new Tries({ retries: RETRIES });
    assert.equal(pausing.call.goesOn(BAD), true);
    pausing.call.cancel();
    pausing.time.advance(1000);
    assert.equal(pausing.cancelled, 0);
    assert.equal(pausing.begun.length, 1);

    const ended = new Tries({ retries: RETRIES });
    ended.call.end();
    ended.call.cancel();
    assert.equal(ended.cancelled, 0);
  });

  it("takes outcomes that come before a try has been begun", () => {
    const { call, time, begun } = new Tries({ retries: RETRIES }, (own, retry) => {
      if (retry < 2) assert.equal(own.goesOn(BAD), true);
    });
    time.advance(1000);
    assert.equal(begun.length, 3);
    call.cancel();

    const failed = new Tries({ retries: RETRIES }, (own) => assert.equal(own.goesOn(GOOD), false));
    failed.call.cancel();
    assert.equal(failed.cancelled, 0);
  });
});
