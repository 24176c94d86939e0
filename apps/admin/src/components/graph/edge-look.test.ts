import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeLook } from "./edge-look.ts";
import { summaryOf } from "./topology-fixture.ts";

test("errors choose the tone, and each tone has a pattern of its own", () => {
  const looks = [summaryOf(0), summaryOf(10), summaryOf(10, 0.02), summaryOf(10, 0.5)].map(edgeLook);
  assert.deepEqual(
    looks.map((look) => look.tone),
    ["idle", "ok", "warn", "bad"],
  );
  assert.equal(new Set(looks.map((look) => look.dash)).size, 4);
});

test("more traffic is wider, within bounds", () => {
  const widths = [1, 100, 10_000, 1e9].map((rate) => edgeLook(summaryOf(rate)).width);
  assert.deepEqual(
    widths,
    widths.toSorted((left, right) => left - right),
  );
  assert.ok((widths[0] ?? 0) >= 1.5 && widths.at(-1) === 7);
});
