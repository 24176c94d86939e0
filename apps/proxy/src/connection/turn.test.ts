import assert from "node:assert/strict";
import { it } from "node:test";
import { enterTurn, flushAtTurnEnd, leaveTurn, leaveTurnExpectingMore } from "./turn.ts";

/** A flushable that asks to be flushed once, as connections do. */
function output() {
  const flushed: string[] = [];
  let asked = false;
  return {
    flushed,
    write(now: string) {
      if (asked) return;
      asked = true;
      flushAtTurnEnd({
        flush: () => {
          asked = false;
          flushed.push(now);
        },
      });
    },
  };
}

const FULL = 65_536;

it("output of a turn leaves when the outermost one ends", () => {
  const out = output();
  enterTurn();
  enterTurn();
  out.write("inner");
  leaveTurn();
  assert.deepEqual(out.flushed, []);
  leaveTurn();
  assert.deepEqual(out.flushed, ["inner"]);
});

it("output after a full read waits for the next one, for 256 KiB at most", () => {
  const out = output();
  for (let read = 1; read <= 3; read++) {
    enterTurn();
    out.write("of full reads");
    leaveTurnExpectingMore(FULL);
    assert.deepEqual(out.flushed, [], `${read} reads`);
  }
  enterTurn();
  leaveTurnExpectingMore(FULL);
  assert.deepEqual(out.flushed, ["of full reads"]);
});

it("output after a full read leaves with that of a smaller one", () => {
  const out = output();
  enterTurn();
  out.write("both");
  leaveTurnExpectingMore(FULL);
  enterTurn();
  leaveTurn();
  assert.deepEqual(out.flushed, ["both"]);
});

it("output after a last full read leaves before the event loop waits again", async () => {
  const out = output();
  enterTurn();
  out.write("last");
  leaveTurnExpectingMore(FULL);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(out.flushed, ["last"]);
});
