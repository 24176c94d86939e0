import assert from "node:assert/strict";
import { test } from "node:test";
import { PROPER_CASE, PreservedCase } from "./header-case.ts";

test("proper case has a capital at the start of each word", () => {
  assert.equal(PROPER_CASE.format("x-some-header"), "X-Some-Header");
  assert.equal(PROPER_CASE.format("x_odd.v2a-1b"), "X_Odd.V2a-1b");
  assert.equal(PROPER_CASE.format("te"), "Te");
});

test("a preserved name keeps its first spelling, others are written as configured", () => {
  const lower = new PreservedCase(undefined);
  lower.remember("x-a", "X-a");
  lower.remember("x-a", "x-A");
  assert.equal(lower.format("x-a"), "X-a");
  assert.equal(lower.format("x-b"), "x-b");
  assert.equal(new PreservedCase(PROPER_CASE).format("x-b"), "X-B");
});
