import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { CASES } from "./src/cases.ts";
import { PARTS } from "./src/compare-cases.ts";
import { KNOWN_DIFFERENCES } from "./src/known-differences.ts";

describe("the cases", () => {
  it("have titles of their own, and every known difference is one of them", () => {
    const titles = CASES.map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length);
    for (const title of Object.keys(KNOWN_DIFFERENCES)) assert.ok(titles.includes(title), title);
  });

  it("are all compared: there is a file for each part", () => {
    const files = readdirSync(new URL(".", import.meta.url)).filter((name) =>
      /^conformance-\d+\.test\.ts$/.test(name),
    );
    assert.deepEqual(
      files.sort(),
      Array.from({ length: PARTS }, (_, part) => `conformance-${part}.test.ts`),
    );
  });
});
