import { describe, it } from "node:test";
import { fuzz } from "@sluice/harness";
import { FUZZ_TARGETS } from "./all.fuzz.ts";

/** Of each parser; SLUICE_FUZZ_MS overrides it. */
const BUDGET_MS = Number(process.env.SLUICE_FUZZ_MS ?? 180_000);

describe("parsers take any input, for minutes", () => {
  for (const target of FUZZ_TARGETS) {
    it(target.name, { timeout: BUDGET_MS + 120_000 }, async (context) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      context.diagnostic(`seed ${seed}`);
      const { inputs, kinds } = await fuzz(target, { budgetMs: BUDGET_MS, seed });
      context.diagnostic(`${inputs} inputs, ${kinds} kinds`);
    });
  }
});
