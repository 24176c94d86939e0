import assert from "node:assert/strict";
import { test } from "node:test";
import { printDuration, sixDigits } from "./print-cel-value.ts";

test("doubles print with six digits, as C's %g", () => {
  for (const [value, expected] of [
    [0, "0"],
    [1, "1"],
    [100000, "100000"],
    [1234567, "1.23457e+06"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1 / 3, "0.333333"],
    [-2.5, "-2.5"],
    [1e100, "1e+100"],
    [Number.NaN, "nan"],
    [-Infinity, "-inf"],
  ] as const)
    assert.equal(sixDigits(value), expected);
});

test("durations print as absl's", () => {
  for (const [seconds, nanos, expected] of [
    [0n, 0, "0"],
    [0n, 100, "100ns"],
    [0n, 1500, "1.5us"],
    [0n, 1_500_000, "1.5ms"],
    [3723n, 500_000_000, "1h2m3.5s"],
    [3600n, 0, "1h"],
    [-90n, 0, "-1m30s"],
    [-1n, -500_000_000, "-1.5s"],
  ] as const)
    assert.equal(printDuration(seconds, nanos), expected);
});
