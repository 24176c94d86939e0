import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseStep } from "./read-series.ts";
import { parseStatusFilter } from "./status-filter.ts";

const now = new Date("2030-01-01T12:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

test("the resolution is the finest that is kept and gives no more points than wanted", () => {
  const step = (fromSeconds: number, toSeconds: number) =>
    chooseStep({ from: ago(fromSeconds), to: ago(toSeconds) }, now, undefined, 900);
  assert.deepEqual(step(300, 0), { resolution: "1s", stepSeconds: 1 });
  assert.deepEqual(step(900, 0), { resolution: "1s", stepSeconds: 1 });
  assert.deepEqual(step(3600, 3300), { resolution: "10s", stepSeconds: 10 });
  assert.deepEqual(step(7200, 0), { resolution: "10s", stepSeconds: 10 });
  assert.deepEqual(step(86_400, 0), { resolution: "1m", stepSeconds: 120 });
  assert.deepEqual(step(30 * 86_400, 0), { resolution: "1m", stepSeconds: 2880 });
});

test("statuses are given as number, class, comparison or range", () => {
  assert.deepEqual(parseStatusFilter("404"), { from: 404, to: 404 });
  assert.deepEqual(parseStatusFilter("5XX"), { from: 500, to: 599 });
  assert.deepEqual(parseStatusFilter(" >=400 "), { from: 400, to: 999 });
  assert.deepEqual(parseStatusFilter("<300"), { from: 0, to: 299 });
  assert.deepEqual(parseStatusFilter("400-499"), { from: 400, to: 499 });
  assert.equal(parseStatusFilter("teapot"), undefined);
  assert.equal(parseStatusFilter("6xx"), undefined);
});
