import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fuzz } from "@sluice/harness";
import { FUZZ_TARGETS } from "./all.fuzz.ts";

/** Of each parser; SLUICE_FUZZ_INPUTS sets another number. */
const INPUTS = Number(process.env.SLUICE_FUZZ_INPUTS ?? 1_000_000);
/** The same inputs each time; SLUICE_FUZZ_SEED gives others. */
const SEED = Number(process.env.SLUICE_FUZZ_SEED ?? 1);
/** No parser of these may be so slow, not even on a busy machine. */
const BUDGET_MS = 3_600_000;

describe("parsers take a million mutated inputs", () => {
  for (const target of FUZZ_TARGETS) {
    it(`${target.name}: ${INPUTS} inputs, seed ${SEED}`, {
      timeout: BUDGET_MS + 60_000,
    }, async (context) => {
      const result = await fuzz(target, { budgetMs: BUDGET_MS, inputsMax: INPUTS, seed: SEED });
      const { inputs, kinds, seconds, grownBytes } = result;
      context.diagnostic(
        `${inputs} inputs of ${kinds} kinds in ${seconds.toFixed(0)} s, ${(grownBytes / 2 ** 20).toFixed(0)} MiB more at most`,
      );
      assert.equal(inputs, INPUTS);
    });
  }
});
