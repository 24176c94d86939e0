import assert from "node:assert/strict";
import { test } from "node:test";
import { quickEnough } from "./quick-enough.ts";

test("what is timed runs again until each of its times was short enough once", async () => {
  const took = [
    { shown: 50, mended: 9 },
    { shown: 9, mended: 50 },
    { shown: 1, mended: 1 },
  ];
  const rounds: number[] = [];
  const told = await quickEnough({ shown: 10, mended: 10 }, async (round) => {
    rounds.push(round);
    return took[round - 1] ?? { shown: 0, mended: 0 };
  });
  assert.deepEqual(rounds, [1, 2]);
  assert.equal(told, "shown after 50, 9 ms; mended after 9, 50 ms");
});

test("what is slow three times is too slow, and all its times are told", async () => {
  const slow = quickEnough({ shown: 10 }, async (round) => ({ shown: 10 * round }));
  await assert.rejects(slow, /shown after 10, 20, 30 ms/);
});
