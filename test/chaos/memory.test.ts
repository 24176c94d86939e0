import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Change, Churn } from "./src/churn.ts";

/** What threads may hold more after each change, bytes: compiled code and shapes still settle. */
const GROWTH_MAX = 40 * 1024;
const CHANGES = 20;
/** Code that has just been compiled counts in the round in which it was. */
const ROUNDS = 5;

describe("a proxy whose configuration changes again and again", () => {
  let churn: Churn;
  before(async () => {
    churn = await Churn.start();
  });
  after(() => churn.close());

  for (const what of ["cluster", "listener", "chain", "route", "endpoint"] as const) {
    it(`holds no more after each change of a ${what}`, async (context) => {
      for (let count = 0; count < CHANGES; count++) await churn.change(what);
      const growths = await growthsOf(churn, what);
      context.diagnostic(`bytes per change by round: ${growths.map(Math.round).join(", ")}`);
      assert.ok(Math.min(...growths) <= GROWTH_MAX, `grew by ${growths.map(Math.round).join(", ")}`);
      assert.deepEqual(await churn.leftovers(), []);
    });
  }

  it("would be seen to grow: a cluster that stays costs more than the bound", async (context) => {
    const growth = await churn.growth("kept cluster", CHANGES);
    context.diagnostic(`bytes per change: ${Math.round(growth)}`);
    assert.ok(growth > GROWTH_MAX, `${growth}`);
  });
});

/** Round by round until one is within the bound. */
async function growthsOf(churn: Churn, what: Change): Promise<readonly number[]> {
  const growths: number[] = [];
  while (growths.length < ROUNDS && !growths.some((growth) => growth <= GROWTH_MAX)) {
    growths.push(await churn.growth(what, CHANGES));
  }
  return growths;
}
