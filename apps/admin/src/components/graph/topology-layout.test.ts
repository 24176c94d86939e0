import assert from "node:assert/strict";
import { test } from "node:test";
import Elk from "elkjs/lib/elk.bundled.js";
import { boxOf, edgeOf, smallTopology, summaryOf } from "./topology-fixture.ts";
import { BOX_HEIGHT, BOX_WIDTH, fromElkGraph, type TopologyLayout, toElkGraph } from "./topology-layout.ts";
import { visibleTopology } from "./visible-topology.ts";

const all = { collapsed: new Set<string>(), hide: undefined };

async function layoutOf(topology: ReturnType<typeof smallTopology>): Promise<TopologyLayout> {
  const elk = new Elk();
  return fromElkGraph(await elk.layout(toElkGraph(visibleTopology(topology, all))));
}

test("kinds stand in columns from downstream to endpoint, and no boxes overlap", async () => {
  const topology = smallTopology();
  const { positions } = await layoutOf(topology);
  const columns = new Map<string, Set<number>>();
  for (const box of topology.boxes) {
    const at = positions.get(box.id);
    assert.ok(at !== undefined, box.id);
    columns.set(box.kind, (columns.get(box.kind) ?? new Set()).add(at.x));
    for (const [other, there] of positions) {
      if (other === box.id) continue;
      const apart: boolean = Math.abs(there.x - at.x) >= BOX_WIDTH || Math.abs(there.y - at.y) >= BOX_HEIGHT;
      assert.ok(apart, `${box.id} over ${other}`);
    }
  }
  const xs = [...columns.values()].map((column) => {
    assert.equal(column.size, 1);
    return [...column][0] ?? 0;
  });
  assert.deepEqual(
    xs,
    xs.toSorted((left, right) => left - right),
  );
});

test("the order in which boxes arrive does not move them", async () => {
  const topology = smallTopology();
  const reversed = { ...topology, boxes: topology.boxes.toReversed(), edges: topology.edges.toReversed() };
  assert.deepEqual((await layoutOf(topology)).positions, (await layoutOf(reversed)).positions);
});

test("a cluster that nothing refers to stands in the clusters' column", async () => {
  const topology = smallTopology();
  const lonely = { ...topology, boxes: [...topology.boxes, boxOf("cluster:lonely", summaryOf(0))] };
  const { positions } = await layoutOf(lonely);
  assert.equal(positions.get("cluster:lonely")?.x, positions.get("cluster:api")?.x);
});

test("a thousand boxes are laid out in seconds", { timeout: 20_000 }, async () => {
  const boxes = [boxOf("listener:http", summaryOf(1)), boxOf("host:web", summaryOf(1))];
  const edges = [edgeOf("listener:http", "host:web", summaryOf(1))];
  for (let index = 0; index < 250; index += 1) {
    boxes.push(boxOf(`route:web/${index}`, summaryOf(1)), boxOf(`cluster:${index}`, summaryOf(1)));
    edges.push(edgeOf("host:web", `route:web/${index}`, summaryOf(1)));
    edges.push(edgeOf(`route:web/${index}`, `cluster:${index}`, summaryOf(1)));
    for (const port of [1, 2]) {
      boxes.push(boxOf(`endpoint:${index}/h:${port}`, summaryOf(1)));
      edges.push(edgeOf(`cluster:${index}`, `endpoint:${index}/h:${port}`, summaryOf(1)));
    }
  }
  const { positions } = await layoutOf({ ...smallTopology(), boxes, edges });
  assert.equal(positions.size, 1002);
});
