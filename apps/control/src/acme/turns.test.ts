import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("one after the other for a name, also after a failure; other names do not wait", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = turns.take("a", async () => {
    await held.promise;
    seen.push("a1");
    throw new Error("no");
  });
  const second = turns.take("a", async () => void seen.push("a2"));
  await turns.take("b", async () => void seen.push("b"));
  held.resolve();
  await assert.rejects(first);
  await second;
  assert.deepEqual(seen, ["b", "a1", "a2"]);
});
