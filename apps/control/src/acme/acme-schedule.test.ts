import assert from "node:assert/strict";
import { test } from "node:test";
import { renewAt, retryAt } from "./acme-schedule.ts";

const now = new Date("2026-01-01T00:00:00Z");
const DAY_MS = 86_400_000;

test("a certificate is renewed with a third of its life left, or up to a tenth of it sooner", () => {
  const notAfter = new Date(now.getTime() + 90 * DAY_MS);
  const days = (random: number) =>
    Math.round((renewAt(now, notAfter, random).getTime() - now.getTime()) / DAY_MS);
  assert.deepEqual([days(0), days(1)], [60, 51]);
  assert.deepEqual(renewAt(now, now, 0.5), now);
});

test("what failed is tried again after a minute, twice as long each time, up to six hours and half of it", () => {
  const minutes = (failures: number, random = 0) =>
    (retryAt(now, failures, random).getTime() - now.getTime()) / 60_000;
  assert.deepEqual(
    [1, 2, 3, 9, 20, 1000].map((failures) => minutes(failures)),
    [1, 2, 4, 256, 360, 360],
  );
  assert.equal(minutes(1, 1), 1.5);
});
