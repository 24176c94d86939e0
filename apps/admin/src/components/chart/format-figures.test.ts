import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatBytesRate,
  formatChange,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
  relativeChange,
} from "./format-figures.ts";

test("counts keep about three digits and say thousands from ten thousand on", () => {
  assert.deepEqual(
    [0, 0.257, 7, 42.25, 950, 1240, 12_440, 3_100_000].map((value) => formatCount(value, "en")),
    ["0", "0.26", "7", "42.3", "950", "1,240", "12.4k", "3.1M"],
  );
  assert.equal(formatRate(1240, "en"), "1,240/s");
  assert.equal(formatCount(1240.5, "de"), "1.241");
});

test("times take the unit that leaves one to three digits", () => {
  assert.deepEqual(
    [0.05, 0.42, 12.55, 420, 999.9, 1240, 75_000].map((ms) => formatMs(ms, "en")),
    ["50 µs", "0.42 ms", "12.6 ms", "420 ms", "1 s", "1.24 s", "1.3 min"],
  );
});

test("a share is never rounded to all or nothing", () => {
  assert.deepEqual(
    [0, 0.000001, 0.012, 0.5, 0.99999, 1].map((share) => formatShare(share, "en")),
    ["0%", "<0.01%", "1.2%", "50%", "99.99%", "100%"],
  );
});

test("bytes climb in thousands", () => {
  assert.deepEqual(
    [0, 512, 1500, 2_340_000].map((bytes) => formatBytes(bytes, "en")),
    ["0 B", "512 B", "1.5 kB", "2.34 MB"],
  );
  assert.equal(formatBytesRate(1500, "en"), "1.5 kB/s");
});

test("a change has a sign, and none where there was nothing before", () => {
  assert.equal(relativeChange(10, 0), undefined);
  assert.equal(relativeChange(undefined, 3), undefined);
  assert.equal(formatChange(relativeChange(11, 10) ?? Number.NaN, "en"), "+10%");
  assert.equal(formatChange(-0.034, "en"), "−3.4%");
  assert.equal(formatChange(0.0001, "en"), "±0%");
});
