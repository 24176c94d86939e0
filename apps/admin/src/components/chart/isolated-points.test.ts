import assert from "node:assert/strict";
import { test } from "node:test";
import { isolatedPoints } from "./isolated-points.ts";

test("a value between gaps or at an edge beside one is shown by a point; neighbours are shown by their line", () => {
  assert.deepEqual(isolatedPoints([1, null, 2, 3, null, 0, undefined, null, 4]), [0, 5, 8]);
  assert.deepEqual(isolatedPoints([7]), [0]);
  assert.deepEqual(isolatedPoints([null, null]), []);
  assert.deepEqual(isolatedPoints([1, 2, 3]), []);
});
