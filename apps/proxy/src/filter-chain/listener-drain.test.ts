import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ListenerDrain } from "./listener-drain.ts";

function drainAt(gradual: boolean, drainTimeMs: number) {
  const state = { nowMs: 5_000, number: 0 };
  const clock = { nowMs: () => state.nowMs, wallMs: () => 0 };
  const random = { uint32: () => state.number, uuid: () => "" };
  return { state, drain: new ListenerDrain({ drainTimeMs, gradual }, clock, random) };
}

describe("a listener's drain", () => {
  it("closes more and more connections within a share of the drain time, by whole seconds", () => {
    const { state, drain } = drainAt(true, 9_000);
    state.nowMs += 999;
    assert.equal(drain.closesNow(2 / 3), false);
    state.nowMs += 2_001;
    const answers = Array.from({ length: 6 }, (_, number) => {
      state.number = number;
      return drain.closesNow(2 / 3);
    });
    assert.deepEqual(answers, [true, true, true, false, false, false]);
    state.number = 8;
    state.nowMs += 3_000;
    assert.equal(drain.closesNow(2 / 3), true);
    assert.equal(drain.closesNow(1), false);
  });

  it("closes every connection from the beginning where the strategy is immediate", () => {
    assert.equal(drainAt(false, 9_000).drain.closesNow(1), true);
  });

  it("has connections end by themselves between a share of its time and their grace before its end", () => {
    const { state, drain } = drainAt(true, 9_000);
    state.nowMs += 1_000;
    assert.equal(drain.ownEndMs(2 / 3, 1_000), 5_000);
    state.number = 0x8000_0000;
    assert.equal(drain.ownEndMs(2 / 3, 1_000), 6_000);
    assert.equal(drain.ownEndMs(2 / 3, 3_000), 0, "no room");
    assert.deepEqual([drain.hasRoom(2 / 3, 1_000), drain.hasRoom(2 / 3, 3_000)], [true, false]);
    assert.equal(drainAt(false, 9_000).drain.hasRoom(2 / 3, 3_000), true);
    state.nowMs += 5_000;
    assert.equal(drain.ownEndMs(2 / 3, 1_000), 0, "too late");
  });
});
