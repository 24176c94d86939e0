import assert from "node:assert/strict";
import { test } from "node:test";
import { smallTopology, summaryOf } from "./topology-fixture.ts";
import { applyTopologyFrame, changedFigures, structureOf } from "./topology-frames.ts";

const at = new Date(20_000);

test("only what changed crosses, and the browser has the same graph afterwards", () => {
  const before = smallTopology(10);
  const next = {
    ...smallTopology(10),
    range: { from: new Date(1_000), to: new Date(11_000) },
    boxes: before.boxes.map((box) =>
      box.id === "cluster:api"
        ? { ...box, health: "unhealthy" as const, healthReason: "none healthy", summary: summaryOf(2) }
        : box,
    ),
    edges: before.edges.map((edge) =>
      edge.id === "route:web/api→cluster:api" ? { ...edge, active: false, summary: summaryOf(0) } : edge,
    ),
  };
  assert.equal(structureOf(before), structureOf(next));
  const changed = changedFigures(before, next);
  assert.deepEqual([changed.boxes.length, changed.edges.length], [1, 1]);
  const frame = { kind: "figures" as const, at, asOf: at, range: next.range, ...changed };
  assert.deepEqual(applyTopologyFrame(before, frame), next);
});

test("another label or box is another structure", () => {
  const before = smallTopology();
  const renamed = {
    ...before,
    boxes: before.boxes.map((box, index) => (index === 1 ? { ...box, label: "x" } : box)),
  };
  assert.notEqual(structureOf(before), structureOf(renamed));
  assert.notEqual(structureOf(before), structureOf({ ...before, edges: before.edges.slice(1) }));
});

test("figures for a graph that is not there are dropped", () => {
  const frame = {
    kind: "figures" as const,
    at,
    asOf: at,
    range: smallTopology().range,
    boxes: [],
    edges: [],
  };
  assert.equal(applyTopologyFrame(undefined, frame), undefined);
});
