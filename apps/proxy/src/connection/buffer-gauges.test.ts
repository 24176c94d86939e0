import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualTime } from "../event/testing/manual-time.ts";
import { hasCounted, privateSlot } from "../stats/slot-pages.ts";
import { BufferGauges } from "./buffer-gauges.ts";

function told() {
  const time = new ManualTime();
  const [received, unsent] = [privateSlot(), privateSlot()];
  const open = () => {
    const output = { bufferedBytes: 0 };
    return { output, gauges: new BufferGauges(output, received, unsent, time) };
  };
  return { time, received, unsent, open };
}

test("of input the sizes of the last reads are told, and a gauge that has come to 0 is a used one", () => {
  const { received, unsent, open } = told();
  const [one, other] = [open(), open()];
  one.gauges.onRead(10);
  one.gauges.onRead(4);
  other.gauges.onRead(5);
  assert.equal(received.value, 9);
  one.gauges.close();
  assert.equal(received.value, 5);
  other.gauges.close();
  assert.equal(received.value, 0);
  assert.ok(hasCounted(received.page[0] ?? 0));
  assert.ok(!hasCounted(unsent.page[0] ?? 0));
});

test("of output that is told which waits for longer than a moment, until it is taken", () => {
  const { time, unsent, open } = told();
  const [one, other] = [open(), open()];
  for (const [{ output, gauges }, bytes] of [
    [one, 700],
    [other, 30],
  ] as const) {
    output.bufferedBytes = bytes;
    gauges.onLeftBehind();
    gauges.onLeftBehind();
  }
  other.output.bufferedBytes = 0;
  time.advance(100);
  assert.equal(unsent.value, 700);
  one.output.bufferedBytes = 200;
  time.advance(100);
  assert.equal(unsent.value, 200);
  one.output.bufferedBytes = 0;
  time.advance(100);
  assert.equal(unsent.value, 0);
  assert.equal(time.nextDueMs, undefined, "nobody looks where nothing waits");
  one.output.bufferedBytes = 50;
  one.gauges.onLeftBehind();
  time.advance(100);
  assert.equal(unsent.value, 50);
});

test("what waited at a connection's end is told no more", () => {
  const { time, unsent, open } = told();
  const { output, gauges } = open();
  output.bufferedBytes = 50;
  gauges.onLeftBehind();
  time.advance(100);
  gauges.close();
  assert.equal(unsent.value, 0);
  time.advance(100);
  assert.equal(unsent.value, 0);
  assert.equal(time.nextDueMs, undefined);
});
