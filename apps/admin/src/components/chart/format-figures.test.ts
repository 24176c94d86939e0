import assert from "node:assert/strict";
import { test } from "node:test";

import { formatChange, formatShare, relativeChange } from "./format-figures.ts";

test("a share is never rounded to all or nothing", () => {
  assert.deepEqual(
    [0, 0.000001, 0.012, 0.5, 0.99999, 1].map((share) => formatShare(share, "en")),
    ["0%", "<0.01%", "1.2%", "50%", "99.99%", "100%"],
  );
});

test("a change has a sign, and none where there was nothing before", () => {
  assert.equal(relativeChange(10, 0), undefined);
  assert.equal(relativeChange(undefined, 3), undefined);
  assert.equal(formatChange(relativeChange(11, 10) ?? Number.NaN, "en"), "+10%");
  assert.equal(formatChange(-0.034, "en"), "−3.4%");
  assert.equal(formatChange(0.0001, "en"), "±0%");
});
