import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Churn } from "./src/churn.ts";

/** What all threads together may hold more after each change, bytes. */
const GROWTH_MAX = 6 * 1024;
const CHANGES = 150;
const ROUNDS = 3;

describe("a proxy whose configuration changes hundreds of times", () => {
  let churn: Churn;
  before(async () => {
    churn = await Churn.start();
  });
  after(() => churn.close());

  for (const what of ["cluster", "listener", "chain", "route", "endpoint"] as const) {
    it(`holds no more after each change of a ${what}`, async (context) => {
      const growths: number[] = [];
      // The first round is warm-up.
      for (let round = 0; round <= ROUNDS; round++) growths.push(await churn.growth(what, CHANGES));
      context.diagnostic(`bytes per change by round: ${growths.map(Math.round).join(", ")}`);
      assert.ok(Math.min(...growths.slice(1)) <= GROWTH_MAX, growths.map(Math.round).join(", "));
      assert.deepEqual(await churn.leftovers(), []);
    });
  }
});
