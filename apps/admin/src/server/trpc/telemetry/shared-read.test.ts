import assert from "node:assert/strict";
import { test } from "node:test";
import { createSharedReads } from "./shared-read.ts";

test("those who ask within the age share one read, later ones read again", async () => {
  let clock = 0;
  let reads = 0;
  const shared = createSharedReads(() => clock);
  const ask = (): Promise<number> => shared.read("overview", 500, () => Promise.resolve(++reads));
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  clock = 499;
  assert.equal(await ask(), 1);
  clock = 500;
  assert.equal(await ask(), 2);
  assert.equal(await shared.read("other", 500, () => Promise.resolve(9)), 9);
});

test("a failed read is not kept", async () => {
  const shared = createSharedReads(() => 0);
  await assert.rejects(
    shared.read("x", 1_000, () => Promise.reject(new Error("away"))),
    /away/,
  );
  assert.equal(await shared.read("x", 1_000, () => Promise.resolve(1)), 1);
});
