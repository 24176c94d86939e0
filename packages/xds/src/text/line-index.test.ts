import assert from "node:assert/strict";
import { test } from "node:test";
import { LineIndex } from "./line-index.ts";

test("an offset has the line and column that an editor shows, whatever ends the lines", () => {
  const lines = new LineIndex("ab\ncd\r\n\nx");
  assert.deepEqual(
    [0, 1, 2, 3, 5, 7, 8, 9].map((offset) => Object.values(lines.at(offset))),
    [
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
      [2, 3],
      [3, 1],
      [4, 1],
      [4, 2],
    ],
  );
  assert.deepEqual(new LineIndex("").at(0), { line: 1, column: 1 });
});
