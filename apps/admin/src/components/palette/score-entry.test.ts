import assert from "node:assert/strict";
import { test } from "node:test";
import { scoreEntry } from "./score-entry.ts";

test("the beginning of a name beats the beginning of a word beats the middle", () => {
  const first = scoreEntry("clusters/catalog", "cat");
  const word = scoreEntry("New catalog", "cat");
  const inside = scoreEntry("clusters/bobcat", "cat");
  assert.ok(first > word && word > inside && inside > 0);
});

test("letters that do not stand together are no match", () => {
  assert.equal(scoreEntry("Traces", "cat"), 0);
});

test("every word must be there, keywords count", () => {
  assert.ok(scoreEntry("New cluster", "new clu") > 0);
  assert.equal(scoreEntry("New cluster", "new route"), 0);
  assert.ok(scoreEntry("新建集群", "clusters", ["new", "clusters"]) > 0);
});
