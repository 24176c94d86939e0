import assert from "node:assert/strict";
import { test } from "node:test";
import type { Span } from "@sluice/telemetry";
import { layoutWaterfall, timeMarks, visibleRows } from "./layout-waterfall.ts";

function spanOf(spanId: string, parentSpanId: string | undefined, startMs: number, durationMs: number): Span {
  return {
    traceId: "t",
    spanId,
    parentSpanId,
    name: spanId,
    kind: "server",
    service: "proxy",
    node: "n",
    startNs: 1_000_000_000n + BigInt(startMs * 1e6),
    durationNs: BigInt(durationMs * 1e6),
    error: false,
    attributes: {},
    events: [],
  };
}

test("spans stand under their parents, siblings by start, with their place in the whole", () => {
  const { rows, durationMs } = layoutWaterfall([
    spanOf("late", "root", 60, 30),
    spanOf("root", undefined, 0, 100),
    spanOf("early", "root", 10, 40),
    spanOf("leaf", "early", 20, 10),
  ]);
  assert.deepEqual(
    rows.map((row) => [row.span.spanId, row.depth, row.offset, row.width]),
    [
      ["root", 0, 0, 1],
      ["early", 1, 0.1, 0.4],
      ["leaf", 2, 0.2, 0.1],
      ["late", 1, 0.6, 0.3],
    ],
  );
  assert.equal(durationMs, 100);
});

test("own time leaves out what children cover, once where they overlap, and not beyond the span", () => {
  const { rows } = layoutWaterfall([
    spanOf("root", undefined, 0, 100),
    spanOf("a", "root", 10, 40),
    spanOf("b", "root", 30, 40),
    spanOf("c", "root", 90, 50),
  ]);
  assert.equal(rows[0]?.selfMs, 30);
});

test("a span whose parent did not arrive is a root that says so", () => {
  const { rows } = layoutWaterfall([spanOf("child", "elsewhere", 0, 10)]);
  assert.deepEqual([rows[0]?.depth, rows[0]?.orphan], [0, true]);
});

test("spans that are each other's parents are all shown, once", () => {
  const { rows } = layoutWaterfall([
    spanOf("a", "b", 0, 10),
    spanOf("b", "a", 1, 5),
    spanOf("below", "b", 2, 1),
  ]);
  assert.deepEqual(rows.map((row) => row.span.spanId).toSorted(), ["a", "b", "below"]);
});

test("an error shows on every span above it, so that a folded one still tells", () => {
  const { rows } = layoutWaterfall([
    spanOf("root", undefined, 0, 100),
    spanOf("mid", "root", 0, 50),
    { ...spanOf("leaf", "mid", 0, 10), error: true },
  ]);
  assert.deepEqual(
    rows.map((row) => row.errorBelow),
    [true, true, false],
  );
});

test("collapsing hides everything inside and nothing after", () => {
  const { rows } = layoutWaterfall([
    spanOf("root", undefined, 0, 100),
    spanOf("a", "root", 0, 50),
    spanOf("a1", "a", 0, 10),
    spanOf("a2", "a1", 0, 10),
    spanOf("b", "root", 60, 10),
  ]);
  assert.deepEqual(
    visibleRows(rows, new Set(["a"])).map((row) => row.span.spanId),
    ["root", "a", "b"],
  );
});

test("time marks are round", () => {
  assert.deepEqual(timeMarks(100), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(timeMarks(7.3), [0, 2, 4, 6]);
  assert.deepEqual(timeMarks(0), [0]);
});

test("a trace of instants has bars that can be seen", () => {
  const { rows } = layoutWaterfall([spanOf("root", undefined, 0, 0)]);
  assert.equal(rows[0]?.width, 1);
});
