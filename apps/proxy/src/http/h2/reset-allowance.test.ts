import assert from "node:assert/strict";
import { it } from "node:test";
import { ResetAllowance } from "./reset-allowance.ts";

it("lets a burst pass, and then as many as whole seconds bring, never more than the burst", () => {
  const allowance = new ResetAllowance(2, 1, 500);
  assert.deepEqual(
    [0, 0, 0].map((ms) => allowance.take(500 + ms)),
    [true, true, false],
  );
  assert.equal(allowance.take(999), false);
  assert.equal(allowance.take(1000), true);
  assert.equal(allowance.take(1999), false);
  assert.deepEqual(
    [0, 1, 2].map((ms) => allowance.take(9000 + ms)),
    [true, true, false],
  );
});
