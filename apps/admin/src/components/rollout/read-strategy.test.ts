import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_STRATEGY, readStrategy } from "./read-strategy.ts";

test("all at once leaves everything to the server", () => {
  assert.deepEqual(readStrategy({ ...EMPTY_STRATEGY, percent: "nonsense" }), {
    strategy: undefined,
    problems: {},
  });
});

test("a share or labels first, then further shares", () => {
  assert.deepEqual(readStrategy({ ...EMPTY_STRATEGY, how: "share", more: "25, 50" }).strategy, {
    steps: [{ percent: 10 }, { percent: 25 }, { percent: 50 }],
    stepWaitMs: 60_000,
    promote: "automatic",
    onFailure: "revert",
  });
  const { strategy } = readStrategy({
    ...EMPTY_STRATEGY,
    how: "labels",
    selector: "zone=a",
    waitSeconds: "0",
  });
  assert.deepEqual([strategy?.steps, strategy?.stepWaitMs], [[{ selector: "zone=a" }], 0]);
});

test("what is wrong is told at its field", () => {
  const share = { ...EMPTY_STRATEGY, how: "share" } as const;
  assert.deepEqual(readStrategy({ ...share, percent: "0" }).problems, { percent: true, more: true });
  assert.deepEqual(readStrategy({ ...share, more: "5" }).problems, { more: true });
  assert.deepEqual(readStrategy({ ...share, waitSeconds: "" }).problems, { waitSeconds: true });
  assert.ok(readStrategy({ ...EMPTY_STRATEGY, how: "labels" }).problems.selector);
});
