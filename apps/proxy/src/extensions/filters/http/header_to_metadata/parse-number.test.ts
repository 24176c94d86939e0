import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseNumber } from "./parse-number.ts";

describe("numbers of headers", () => {
  it("are read as C reads them", () => {
    const numbers: readonly [string, number][] = [
      [" 12.5 ", 12.5],
      ["+.5", 0.5],
      ["-5.", -5],
      ["1e3", 1000],
      ["1e400", Number.POSITIVE_INFINITY],
      ["-Infinity", Number.NEGATIVE_INFINITY],
      ["NaN", Number.NaN],
      ["0x10", 16],
      ["-0x1.8p3", -12],
    ];
    for (const [text, number] of numbers) assert.equal(parseNumber(text), number, text);
  });

  it("are none where anything else stands beside them", () => {
    for (const text of ["", " ", ".", "1_000", "1,2", "1e", "0b1", "0x", "12a", "in", "--1"])
      assert.equal(parseNumber(text), undefined, text);
  });
});
