import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, smallTopology, summaryOf } from "./topology-fixture.ts";
import { topologySvg } from "./topology-svg.ts";
import { visibleTopology } from "./visible-topology.ts";

const all = { collapsed: new Set<string>(), hide: undefined };
const words = { box: () => "10/s", edge: () => "5/s" };

function svgOf(topology: ReturnType<typeof smallTopology>): string {
  const visible = visibleTopology(topology, all);
  const positions = new Map(visible.boxes.map((box, index) => [box.id, { x: 0, y: index * 80 }]));
  return topologySvg(
    visible,
    { positions, width: 400, height: 800 },
    words,
    (name) => `rgb(${name.length},0,0)`,
  );
}

test("every box and edge is in the picture, with colours by value", () => {
  const topology = smallTopology();
  const svg = svgOf(topology);
  assert.equal(svg.match(/<g /g)?.length, topology.boxes.length);
  assert.equal(svg.match(/<path /g)?.length, topology.edges.length);
  assert.doesNotMatch(svg, /var\(/);
});

test("names cannot break out of the picture", () => {
  const topology = smallTopology();
  const evil = { ...topology, boxes: [...topology.boxes, boxOf('cluster:<script>"&', summaryOf(1))] };
  const svg = svgOf(evil);
  assert.doesNotMatch(svg, /<script/);
  assert.match(svg, /&lt;script&gt;&quot;&amp;/);
});
