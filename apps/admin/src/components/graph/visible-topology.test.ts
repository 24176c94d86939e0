import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFindExpression } from "./parse-find-expression.ts";
import { smallTopology, summaryOf } from "./topology-fixture.ts";
import { foldableBoxes, mergeSummaries, visibleTopology } from "./visible-topology.ts";

const nothing = { collapsed: new Set<string>(), hide: undefined };

test("figures do not change the structure, boxes do", () => {
  const before = visibleTopology(smallTopology(10), nothing);
  const after = visibleTopology(smallTopology(500), nothing);
  assert.equal(before.structure, after.structure);
  const fewer = smallTopology(10);
  const without = visibleTopology({ ...fewer, boxes: fewer.boxes.slice(0, -1) }, nothing);
  assert.notEqual(without.structure, before.structure);
});

test("a collapsed box takes its children in, with their edges and figures", () => {
  const shown = visibleTopology(smallTopology(10), { ...nothing, collapsed: new Set(["host:web"]) });
  assert.deepEqual(
    shown.boxes.map((box) => box.id).filter((id) => id.startsWith("route")),
    [],
  );
  assert.equal(shown.folded.get("host:web"), 2);
  const toRest = shown.edges.find((edge) => edge.id === "host:web→cluster:rest");
  assert.equal(toRest?.summary.successRate, 0.5);
});

test("collapsing an outer box folds what is inside its inner ones", () => {
  const shown = visibleTopology(smallTopology(10), {
    ...nothing,
    collapsed: new Set(["listener:http", "host:web"]),
  });
  assert.equal(shown.folded.get("listener:http"), 3);
  assert.ok(shown.edges.some((edge) => edge.id === "listener:http→cluster:api"));
});

test("what the expression matches is hidden with its edges", () => {
  const parsed = parseFindExpression("idle");
  assert.ok(parsed.ok);
  const shown = visibleTopology(smallTopology(10), { ...nothing, hide: parsed.matches });
  assert.ok(!shown.boxes.some((box) => box.id === "endpoint:api/10.0.0.2:80"));
  assert.ok(!shown.edges.some((edge) => edge.to === "endpoint:api/10.0.0.2:80"));
});

test("merged figures add rates, weigh success by them and keep the worst latency", () => {
  const merged = mergeSummaries(summaryOf(30, 0, 10), summaryOf(10, 0.4, 90));
  assert.equal(merged.requestsPerSecond, 40);
  assert.ok(Math.abs((merged.successRate ?? 0) - 0.9) < 1e-9);
  assert.equal(merged.p95Ms, 90);
  assert.equal(mergeSummaries(summaryOf(0), summaryOf(5, 0.2)).successRate, 0.8);
});

test("boxes with children can fold", () => {
  assert.deepEqual([...foldableBoxes(smallTopology())].toSorted(), [
    "cluster:api",
    "host:web",
    "listener:http",
  ]);
});
