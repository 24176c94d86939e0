import assert from "node:assert/strict";
import { it } from "node:test";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { WeightedClusterSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { headersOf } from "./testing/tables.ts";
import { compileWeightedClusters } from "./weighted-clusters.ts";

const compile = (json: JsonObject) =>
  compileWeightedClusters(fromJson(WeightedClusterSchema, json), "route.weighted_clusters");
const three = [
  { name: "a", weight: 1 },
  { name: "b", weight: 0 },
  { name: "c", weight: 3 },
];

function clusters(json: JsonObject) {
  const compiled = compile(json);
  assert.ok(compiled.ok);
  return compiled.value;
}

it("gives each cluster its share of the random numbers", () => {
  const counts = [0, 0, 0];
  const weighted = clusters({ clusters: three });
  for (let random = 0; random < 400; random++) {
    const picked = weighted.pick(random, headersOf());
    counts[picked] = (counts[picked] ?? 0) + 1;
  }
  assert.deepEqual(counts, [100, 0, 300]);
});

it("takes the random number from a header where one is named and valid", () => {
  const weighted = clusters({ clusters: three, headerName: "X-Draw" });
  const pick = (...values: string[]) =>
    weighted.pick(0, headersOf(...values.map((value): [string, string] => ["x-draw", value])));
  assert.equal(pick("4"), 0);
  assert.equal(pick("5"), 2);
  assert.equal(pick("18446744073709551615"), 2);
  assert.equal(pick("18446744073709551616"), 0);
  assert.equal(pick("5", "5"), 0);
  assert.equal(pick("x"), 0);
  assert.equal(pick(), 0);
});

it("lets runtime change the weights", () => {
  const weighted = clusters({ clusters: three, runtimeKeyPrefix: "w" });
  const weights = new Map([
    ["w.a", 0],
    ["w.c", 0],
  ]);
  const runtime = {
    integer: (key: string, fallback: number) => weights.get(key) ?? fallback,
    featureEnabled: () => false,
  };
  assert.equal(weighted.pick(1, headersOf()), 2);
  assert.equal(weighted.pick(1, headersOf(), runtime), -1);
  weights.set("w.b", 1);
  assert.equal(weighted.pick(1, headersOf(), runtime), 1);
});

it("is refused when nothing can be drawn", () => {
  for (const json of [
    { clusters: [] },
    { clusters: [{ name: "a", weight: 0 }] },
    { clusters: [{ weight: 1 }] },
  ])
    assert.equal(compile(json).ok, false, JSON.stringify(json));
});

it("draws by the hash of the hash policy where there is one", () => {
  const compiled = compileWeightedClusters(
    fromJson(WeightedClusterSchema, {
      clusters: [
        { name: "a", weight: 1 },
        { name: "b", weight: 2 },
      ],
      useHashPolicy: true,
    }),
    "",
  );
  assert.ok(compiled.ok && compiled.value.usesHash);
  assert.equal(compiled.value.pick(0, headersOf(), undefined, 2n ** 64n - 1n), 0);
  assert.equal(compiled.value.pick(0, headersOf(), undefined, 2n ** 64n - 2n), 1);
  assert.equal(compiled.value.pick(2, headersOf(), undefined, undefined), 1);
});

it("leaves clusters out, and has none when nothing of weight is left", () => {
  const weighted = clusters({ clusters: three, headerName: "x-draw" });
  const drawn = headersOf(["x-draw", "3"]);
  assert.equal(weighted.pick(0, drawn), 2);
  assert.equal(weighted.pick(0, drawn, undefined, undefined, new Set([2])), 0);
  assert.equal(weighted.pick(2, headersOf(), undefined, undefined, new Set([0])), 2);
  assert.equal(weighted.pick(0, drawn, undefined, undefined, new Set([0, 2])), -1);
  assert.equal(weighted.pick(0, drawn), 2);
});
