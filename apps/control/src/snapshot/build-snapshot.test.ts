import assert from "node:assert/strict";
import { test } from "node:test";
import { type KindContent, NO_CHALLENGES, type VersionContent } from "@sluice/config";
import { EMPTY_CONTENT, SnapshotBuilder, typeUrlOf } from "./build-snapshot.ts";

function kind(hash: string, resources: Readonly<Record<string, string>>): KindContent {
  return {
    hash,
    resources: new Map(
      Object.entries(resources).map(([name, text]) => [
        name,
        { name, hash: `hash of ${text}`, value: new TextEncoder().encode(text) },
      ]),
    ),
  };
}

function version(number: number, clusters: KindContent, routes: KindContent): VersionContent {
  return {
    number,
    hash: String(number),
    challenges: NO_CHALLENGES,
    kinds: { ...EMPTY_CONTENT.kinds, clusters, routes },
  };
}

const clustersOf = typeUrlOf("clusters");
const routesOf = typeUrlOf("routes");

test("what did not change is the same object, down to the resource, and only what changed is injected into", () => {
  const injected: string[] = [];
  const builder = new SnapshotBuilder((_, value) => {
    injected.push(new TextDecoder().decode(value));
    return value;
  });
  const routes = kind("r1", { main: "routes" });
  const one = builder.build(version(1, kind("c1", { a: "a", b: "b" }), routes));
  const two = builder.build(version(2, kind("c2", { a: "a", b: "changed" }), kind("r1", { main: "routes" })));
  assert.equal(two.types.get(routesOf), one.types.get(routesOf));
  const [before, after] = [one.types.get(clustersOf), two.types.get(clustersOf)];
  assert.notEqual(after?.version, before?.version);
  assert.equal(after?.resources.get("a"), before?.resources.get("a"));
  assert.notEqual(after?.resources.get("b")?.version, before?.resources.get("b")?.version);
  assert.deepEqual(injected.toSorted(), ["a", "b", "changed", "routes"]);
});

test("version strings depend on the content alone: another replica, or a rollback, gives the same", () => {
  const build = (...versions: VersionContent[]) => {
    const builder = new SnapshotBuilder((_, value) => value);
    return versions.map((content) => builder.build(content).types.get(clustersOf)?.version);
  };
  const first = version(1, kind("c1", { a: "a", b: "b" }), kind("r", {}));
  const second = version(2, kind("c2", { a: "a" }), kind("r", {}));
  const [, , again] = build(first, second, { ...first, number: 3 });
  const [reordered] = build(version(9, kind("x", { b: "b", a: "a" }), kind("r", {})));
  assert.equal(again, build(first)[0]);
  assert.equal(reordered, again);
  assert.notEqual(build(second)[0], again);
});

test("before the first publish every type is there and empty", () => {
  const snapshot = new SnapshotBuilder((_, value) => value).build(EMPTY_CONTENT);
  assert.equal(snapshot.types.size, 5);
  for (const type of snapshot.types.values()) {
    assert.equal(type.resources.size, 0);
    assert.notEqual(type.version, "");
  }
});
