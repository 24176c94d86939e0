import assert from "node:assert/strict";
import { test } from "node:test";
import { latest, lowerBound, mergeColumns, TRAFFIC_COLUMNS, type TrafficColumns } from "./traffic-columns.ts";

function columnsOf(from: number, rates: readonly number[], stepSeconds = 1): TrafficColumns {
  const times = rates.map((_, index) => from + index * stepSeconds);
  const columns = Object.fromEntries(TRAFFIC_COLUMNS.map((column) => [column, [...rates]]));
  return { stepSeconds, times, ...columns } as unknown as TrafficColumns;
}

test("new points go on, the last ones are replaced, old ones fall off", () => {
  const merged = mergeColumns(columnsOf(10, [1, 2, 3, 4]), columnsOf(12, [30, 40, 50]), 11);
  assert.deepEqual(merged.times, [11, 12, 13, 14]);
  for (const column of TRAFFIC_COLUMNS) assert.deepEqual(merged[column], [2, 30, 40, 50], column);
});

test("points that follow at once leave no gap", () => {
  assert.deepEqual(mergeColumns(columnsOf(1, [1, 2]), columnsOf(3, [3]), 0).rate, [1, 2, 3]);
});

test("after a gap, or with another step, what came is all there is", () => {
  const next = columnsOf(60, [7, 8]);
  assert.equal(mergeColumns(columnsOf(10, [1, 2]), next, 0), next);
  const wider = columnsOf(10, [9], 10);
  assert.equal(mergeColumns(columnsOf(10, [1, 2]), wider, 0), wider);
});

test("nothing new changes nothing", () => {
  const shown = columnsOf(10, [1, 2]);
  assert.equal(mergeColumns(shown, columnsOf(0, []), 0), shown);
  assert.equal(mergeColumns(undefined, shown, 0), shown);
});

test("bounds and latest values", () => {
  assert.deepEqual([lowerBound([1, 3, 5], 0), lowerBound([1, 3, 5], 3), lowerBound([1, 3, 5], 6)], [0, 1, 3]);
  assert.equal(latest([1, 2, null]), 2);
  assert.equal(latest([null]), undefined);
});
