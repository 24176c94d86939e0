import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRange, fromLocalInput, parseRange, toLocalInput } from "./time-range.ts";

test("presets go on, ranges of the past stand", () => {
  assert.deepEqual(parseRange("h1"), { live: true, preset: "h1", seconds: 3600 });
  assert.deepEqual(parseRange("1700000000-1700000060"), {
    live: false,
    from: new Date(1_700_000_000_000),
    to: new Date(1_700_000_060_000),
  });
});

test("what cannot be read is the last quarter of an hour", () => {
  for (const text of [undefined, "", "toString", "1700000060-1700000000", "x"] as const) {
    assert.deepEqual(parseRange(text), { live: true, preset: "m15", seconds: 900 });
  }
});

test("a range is written so that it can be read, and is never empty", () => {
  assert.equal(formatRange(1_700_000_000.7, 1_700_000_000.9), "1700000000-1700000002");
  assert.equal(parseRange(formatRange(1_700_000_000.2, 1_700_000_100.5)).live, false);
});

test("local inputs show a zone's clocks and read back as the same moment, on both sides of a change of clocks", () => {
  assert.equal(toLocalInput(new Date("2026-01-02T03:04:05Z"), "Asia/Shanghai"), "2026-01-02T11:04:05");
  for (const zone of ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns"]) {
    for (const text of ["2026-01-02T03:04:05Z", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"]) {
      const at = new Date(text);
      assert.equal(fromLocalInput(toLocalInput(at, zone), zone), at.getTime(), `${text} in ${zone}`);
    }
  }
  assert.equal(fromLocalInput("", "UTC"), Number.NaN);
});
