import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabels, parsePort } from "./parse-labels.ts";

test("labels are pairs apart by commas", () => {
  assert.deepEqual(parseLabels("zone=a, tier = edge,"), { zone: "a", tier: "edge" });
  assert.deepEqual(parseLabels(" "), {});
  assert.equal(parseLabels("zone"), undefined);
  assert.equal(parseLabels("a=b=c"), undefined);
});

test("ports are numbers in their range", () => {
  assert.deepEqual([parsePort("1"), parsePort("65535")], [1, 65_535]);
  assert.deepEqual(
    [parsePort("0"), parsePort("65536"), parsePort("1e3"), parsePort("")],
    [undefined, undefined, undefined, undefined],
  );
});
