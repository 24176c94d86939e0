import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, edgeOf, smallTopology, summaryOf } from "./topology-fixture.ts";
import { topologyRows } from "./topology-rows.ts";

test("the tree begins where nothing leads to and follows the edges, most traffic first", () => {
  const rows = topologyRows(smallTopology(), () => true);
  assert.deepEqual(
    rows.map((row) => [row.level, row.box.id]),
    [
      [0, "downstream:"],
      [1, "listener:http"],
      [2, "host:web"],
      [3, "route:web/api"],
      [4, "cluster:api"],
      [5, "endpoint:api/10.0.0.1:80"],
      [5, "endpoint:api/10.0.0.2:80"],
      [3, "route:web/rest"],
      [4, "cluster:rest"],
    ],
  );
});

test("what is not expanded says how much is inside", () => {
  const rows = topologyRows(smallTopology(), (_, level) => level < 2);
  const host = rows.at(-1);
  assert.deepEqual([host?.box.id, host?.expanded, host?.childCount], ["host:web", false, 2]);
});

test("a cluster that two routes share stands under both, with each way's own figures", () => {
  const topology = smallTopology();
  const shared = {
    ...topology,
    edges: [...topology.edges, edgeOf("route:web/rest", "cluster:api", summaryOf(3))],
  };
  const ways = topologyRows(shared, () => true).filter((row) => row.box.id === "cluster:api");
  assert.deepEqual(
    ways.map((row) => row.edge?.summary.requestsPerSecond),
    [5, 3],
  );
  assert.equal(new Set(ways.map((row) => row.key)).size, 2);
});

test("a circle ends, and too many ways are cut", () => {
  const boxes = [
    boxOf("cluster:a", summaryOf(1)),
    boxOf("cluster:b", summaryOf(1)),
    boxOf("listener:l", summaryOf(1)),
  ];
  const edges = [
    edgeOf("listener:l", "cluster:a", summaryOf(1)),
    edgeOf("cluster:a", "cluster:b", summaryOf(1)),
    edgeOf("cluster:b", "cluster:a", summaryOf(1)),
  ];
  const circle = { ...smallTopology(), boxes, edges };
  assert.equal(topologyRows(circle, () => true).length, 3);
  assert.equal(topologyRows(circle, () => true, 2).length, 2);
});
