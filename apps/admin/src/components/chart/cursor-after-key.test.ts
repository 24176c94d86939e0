import assert from "node:assert/strict";
import { test } from "node:test";
import { cursorAfterKey } from "./cursor-after-key.ts";

test("arrows begin at the newest point, move one by one and stop at the edges", () => {
  assert.equal(cursorAfterKey("ArrowLeft", undefined, 60), 59);
  assert.equal(cursorAfterKey("ArrowLeft", 59, 60), 58);
  assert.equal(cursorAfterKey("ArrowRight", 59, 60), 59);
  assert.equal(cursorAfterKey("PageDown", 4, 60), 0);
  assert.equal(cursorAfterKey("Home", 4, 60), 0);
  assert.equal(cursorAfterKey("End", 4, 60), 59);
});

test("Escape takes the cross-hair away once; other keys and empty charts are left to the page", () => {
  assert.equal(cursorAfterKey("Escape", 4, 60), "none");
  assert.equal(cursorAfterKey("Escape", undefined, 60), undefined);
  assert.equal(cursorAfterKey("Tab", 4, 60), undefined);
  assert.equal(cursorAfterKey("ArrowLeft", undefined, 0), undefined);
});
