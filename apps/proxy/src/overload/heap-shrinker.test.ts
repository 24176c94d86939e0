import assert from "node:assert/strict";
import { test } from "node:test";
import { HeapShrinker } from "./heap-shrinker.ts";

const SETTINGS = { intervalMs: 1000, unfreedBytesMax: 100 };

test("memory goes back when there is more than is to be kept, and only under pressure", () => {
  let heldBytes = 150;
  let active = false;
  let ticks = 0;
  let shrinks = 0;
  const heap = {
    heldBytes: () => heldBytes,
    shrink: () => {
      shrinks++;
      heldBytes = 80;
      return heldBytes;
    },
  };
  const shrinker = new HeapShrinker(
    SETTINGS,
    () => active,
    () => ticks++,
    heap,
  );
  shrinker.tick();
  assert.deepEqual([ticks, shrinks], [0, 0]);
  active = true;
  shrinker.tick();
  assert.deepEqual([ticks, shrinks], [1, 1]);
  heldBytes = 180;
  shrinker.tick();
  assert.deepEqual([ticks, shrinks], [2, 1]);
  heldBytes = 181;
  shrinker.tick();
  assert.deepEqual([ticks, shrinks], [3, 2]);
});

test("V8 is made to collect what nobody holds", () => {
  let garbage: unknown[] | undefined = Array.from({ length: 1000 }, () => ({ text: "x".repeat(10) }));
  const collected = new WeakRef(garbage);
  garbage = undefined;
  new HeapShrinker({ intervalMs: 1000, unfreedBytesMax: 0 }, () => true).tick();
  // A WeakRef holds on until the job that made it has ended.
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    new HeapShrinker({ intervalMs: 1000, unfreedBytesMax: 0 }, () => true).tick();
    assert.equal(collected.deref(), undefined);
  });
});
