import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceKind } from "@sluice/config";
import type { Snapshot, SnapshotType } from "@sluice/xds";
import { typeUrlOf } from "../snapshot/build-snapshot.ts";
import { type KnownType, VersionHistory } from "../snapshot/version-history.ts";
import { readEffective } from "./read-effective.ts";
import { loadVersionGauge } from "./version-gauge.ts";

const gaugeOf = await loadVersionGauge();

function type(version: string, resources: Readonly<Record<string, string>>): SnapshotType {
  return {
    version,
    resources: new Map(
      Object.entries(resources).map(([name, content]) => [
        name,
        { name, version: content, value: new Uint8Array() },
      ]),
    ),
  };
}

function snapshot(clusters: SnapshotType, routes: SnapshotType): Snapshot {
  return {
    version: "",
    types: new Map([
      [typeUrlOf("clusters"), clusters],
      [typeUrlOf("routes"), routes],
    ]),
  };
}

const clusters1 = type("c1", { web: "1" });
const clusters2 = type("c2", { web: "2" });
const routes1 = type("r1", { "a:1": "a", b: "b" });
const routes2 = type("r2", { "a:1": "a", b: "changed" });

function judge(facts: Readonly<Record<string, number>>): Record<string, number> {
  const history = new VersionHistory(gaugeOf);
  history.add(1, snapshot(clusters1, routes1));
  history.add(2, snapshot(clusters2, routes2));
  const target = new Map<ResourceKind, KnownType>();
  for (const [kind, version] of [
    ["clusters", "c2"],
    ["routes", "r2"],
  ] as const) {
    const known = history.ofString(kind, version);
    if (known !== undefined) target.set(kind, known);
  }
  return Object.fromEntries(readEffective(new Map(Object.entries(facts)), history, target));
}

test("the gauge is Envoy's: xxHash64 of the version string, as a double", () => {
  // `version_info` "0" gives cluster_manager.cds.version 7148434200721666028 (Envoy's documentation of the stat).
  assert.equal(gaugeOf("0"), Number("7148434200721666028"));
});

test("a kind is effective at the version that its gauge names, unless it is warming", () => {
  assert.deepEqual(
    judge({ "cluster_manager.cds.version": gaugeOf("c2"), "cluster_manager.warming_clusters": 0 }),
    {
      clusters: 2,
    },
  );
  assert.deepEqual(judge({ "cluster_manager.cds.version": gaugeOf("c1") }), { clusters: 1 });
  assert.deepEqual(
    judge({ "cluster_manager.cds.version": gaugeOf("c2"), "cluster_manager.warming_clusters": 1 }),
    {},
  );
  assert.deepEqual(judge({ "cluster_manager.cds.version": 12345 }), {});
  assert.deepEqual(judge({}), {});
});

test("a route configuration that did not change counts with the stamp of the version that brought it", () => {
  const stamps = (a: string, b: string) => ({
    "http.in.rds.a_1.version": gaugeOf(a),
    "http.in.rds.b.version": gaugeOf(b),
  });
  assert.deepEqual(judge(stamps("r1", "r2")), { routes: 2 });
  assert.deepEqual(judge(stamps("r2", "r2")), { routes: 2 });
  assert.deepEqual(judge(stamps("r2", "r1")), {});
  assert.deepEqual(judge({ "http.in.rds.a_1.version": gaugeOf("r1"), "http.in.rds.b.version": 0 }), {});
  assert.deepEqual(judge({ "http.in.rds.unknown.version": gaugeOf("r2") }), {});
});

test("the history gives the newest number of a content and forgets the oldest", () => {
  const history = new VersionHistory(gaugeOf);
  for (let number = 1; number <= 300; number++) {
    history.add(number, snapshot(type(`c${number}`, {}), routes1));
  }
  assert.equal(history.ofString("routes", "r1")?.number, 300);
  assert.equal(history.ofString("clusters", "c50"), undefined);
  assert.equal(history.ofGauge("clusters", gaugeOf("c50")), undefined);
  assert.equal(history.ofGauge("clusters", gaugeOf("c200"))?.number, 200);
  history.addOlder(7, snapshot(type("c7", {}), routes1));
  assert.equal(history.ofGauge("clusters", gaugeOf("c7"))?.number, 7);
  assert.equal(history.ofString("routes", "r1")?.number, 300);
});
