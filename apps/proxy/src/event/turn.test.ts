import assert from "node:assert/strict";
import { it } from "node:test";
import { enterTurn, flushAtTurnEnd, leaveTurn, leaveTurnAndFlush } from "./turn.ts";

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
const immediate = () => new Promise((resolve) => setImmediate(resolve));

it("output of several turns leaves at once, before the event loop waits again", async () => {
  const [one, other] = [output(), output()];
  enterTurn();
  one.write("one");
  leaveTurn();
  enterTurn();
  other.write("other");
  leaveTurn();
  assert.deepEqual([...one.flushed, ...other.flushed], []);
  await immediate();
  assert.deepEqual([one.flushed, other.flushed], [["one"], ["other"]]);
});

it("output leaves with the outermost turn when that is to leave nothing behind, and takes what waits along", () => {
  const [earlier, inner] = [output(), output()];
  enterTurn();
  earlier.write("earlier");
  leaveTurn();
  enterTurn();
  enterTurn();
  inner.write("inner");
  leaveTurnAndFlush();
  assert.deepEqual(inner.flushed, []);
  leaveTurnAndFlush();
  assert.deepEqual([earlier.flushed, inner.flushed], [["earlier"], ["inner"]]);
});

it("output waits for 256 KiB of reads at most", () => {
  const out = output();
  for (let read = 1; read <= 3; read++) {
    enterTurn();
    out.write("of full reads");
    leaveTurn(FULL);
    assert.deepEqual(out.flushed, [], `${read} reads`);
  }
  enterTurn();
  leaveTurn(FULL);
  assert.deepEqual(out.flushed, ["of full reads"]);
});

it("output waits for 63 other connections at most", () => {
  const outputs = Array.from({ length: 64 }, output);
  for (const out of outputs) {
    assert.deepEqual(outputs[0]?.flushed, []);
    enterTurn();
    out.write("out");
    leaveTurn();
  }
  assert.ok(outputs.every(({ flushed }) => flushed.length === 1));
});

it("output waits for slow callbacks for some 2 ms only", () => {
  const out = output();
  enterTurn();
  out.write("out");
  leaveTurn();
  const end = performance.now() + 3;
  enterTurn();
  while (performance.now() < end);
  leaveTurn();
  assert.deepEqual(out.flushed, ["out"]);
});

it("output outside of turns leaves behind the code that wrote it", async () => {
  const out = output();
  out.write("out");
  assert.deepEqual(out.flushed, []);
  await Promise.resolve();
  assert.deepEqual(out.flushed, ["out"]);
});
