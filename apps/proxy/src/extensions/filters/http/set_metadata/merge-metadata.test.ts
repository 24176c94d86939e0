import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeMetadata } from "./merge-metadata.ts";

describe("metadata laid over metadata", () => {
  it("merges objects, joins lists and replaces anything else", () => {
    const present = { n: 1, s: "a", list: [1], deep: { x: 1, y: 2 }, other: [1], nothing: null };
    const added = { n: 2, s: "b", list: [2], deep: { y: 3, z: 4 }, other: { a: 1 }, fresh: true, nothing: 1 };
    assert.deepEqual(mergeMetadata(present, added), {
      n: 2,
      s: "b",
      list: [1, 2],
      deep: { x: 1, y: 3, z: 4 },
      other: { a: 1 },
      nothing: 1,
      fresh: true,
    });
    assert.deepEqual(present.list, [1]);
  });
});
