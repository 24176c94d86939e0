import assert from "node:assert/strict";
import { test } from "node:test";
import { type AlertPosition, nextAlert } from "./next-alert.ts";

const at = (seconds: number): Date => new Date(seconds * 1000);

/** The states after each reading, one a ten seconds. */
function walk(readings: readonly boolean[], forMs: number): readonly string[] {
  let position: AlertPosition | undefined;
  return readings.map((crossed, index) => {
    position = nextAlert(position, crossed, { now: at(index * 10), forMs });
    return position === undefined ? "-" : `${position.state}@${position.since.getTime() / 1000}`;
  });
}

test("it is pending until the threshold was crossed for long enough, fires, and resolves", () => {
  assert.deepEqual(walk([false, true, true, true, true, false, false], 20_000), [
    "-",
    "pending@10",
    "pending@10",
    "firing@30",
    "firing@30",
    "resolved@50",
    "resolved@50",
  ]);
});

test("a crossing that ends too soon is forgotten, and one after a resolution begins anew", () => {
  assert.deepEqual(walk([true, false, true, true], 10_000), ["pending@0", "-", "pending@20", "firing@30"]);
  assert.deepEqual(walk([true, false, true, true], 0), ["firing@0", "resolved@10", "firing@20", "firing@20"]);
});
