import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fuzz } from "@sluice/harness";
import { FUZZ_TARGETS } from "./all.fuzz.ts";

describe("parsers take any input", () => {
  for (const target of FUZZ_TARGETS) {
    it(`${target.name}: a few thousand mutated inputs`, async (context) => {
      const { inputs, kinds } = await fuzz(target, { budgetMs: 2000, inputsMax: 4000, seed: 1 });
      context.diagnostic(`${inputs} inputs, ${kinds} kinds`);
      assert.ok(inputs > 10);
    });
  }
});
