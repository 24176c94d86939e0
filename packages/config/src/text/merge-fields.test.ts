import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { applyEdits } from "./apply-edits.ts";
import { diffFields } from "./diff-fields.ts";
import { mergeEdits, mergeFields } from "./merge-fields.ts";

function merged(base: unknown, ours: unknown, theirs: unknown, takeOurs?: (path: string) => boolean) {
  const steps = mergeFields(base, ours, theirs);
  return {
    value: parse(applyEdits(stringify(theirs), mergeEdits(steps, takeOurs))) as unknown,
    conflicts: steps.filter(({ conflict }) => conflict).map(({ path }) => path),
  };
}
const route = (prefix: string, timeout = "1s") => ({ match: { prefix }, route: { timeout } });

test("changes of different fields come together without a question", () => {
  const base = { name: "a", timeout: "1s", policy: { a: 1, b: 1 }, list: [1] };
  const ours = { name: "a", timeout: "2s", policy: { a: 2, b: 1 }, list: [1] };
  const theirs = { name: "a", timeout: "1s", policy: { a: 1, c: 1 }, list: [1, 2] };
  assert.deepEqual(merged(base, ours, theirs), {
    value: { name: "a", timeout: "2s", policy: { a: 2, c: 1 }, list: [1, 2] },
    conflicts: [],
  });
});

test("only a field that both changed differently is a conflict, and it goes either way", () => {
  const [base, ours, theirs] = [
    { a: 1, b: 1 },
    { a: 2, b: 2 },
    { a: 3, b: 1 },
  ];
  assert.deepEqual(merged(base, ours, theirs), { value: { a: 3, b: 2 }, conflicts: ["a"] });
  assert.deepEqual(merged(base, ours, theirs, () => true).value, { a: 2, b: 2 });
  assert.deepEqual(merged(base, { a: 3, b: 2 }, theirs), { value: { a: 3, b: 2 }, conflicts: [] });
});

test("a step is called as the difference calls it, wherever theirs has it", () => {
  const host = (name: string, ...routes: unknown[]) => ({ name, routes });
  const before = [host("a", route("/a"), route("/b")), host("gone")];
  const after = [host("a", route("/a", "2s"), route("/b", "9s")), host("new")];
  const theirs = [host("z"), host("a", route("/x"), route("/a", "2s"), route("/b", "9s")), host("new")];
  const called = diffFields(before, after).map(({ path }) => path);
  const steps = mergeFields(after, before, theirs);
  assert.deepEqual(steps.map(({ shown }) => shown).toSorted(), called.toSorted());
  assert.equal(
    steps.find(({ shown }) => shown === "[a].routes[1].route.timeout")?.path,
    "[1].routes[2].route.timeout",
  );
});

test("routes without names: one puts one in front, the other changes a later one", () => {
  const base = [route("/a"), route("/b"), route("/c")];
  const ours = [route("/a"), route("/b"), route("/c", "9s")];
  const theirs = [route("/new"), route("/a"), route("/b")].concat(route("/c"));
  assert.deepEqual(merged({ r: base }, { r: ours }, { r: theirs }), {
    value: { r: [route("/new"), route("/a"), route("/b"), route("/c", "9s")] },
    conflicts: [],
  });
  const both = merged({ r: base }, { r: ours }, { r: [route("/a"), route("/b"), route("/c", "5s")] });
  assert.deepEqual(both.conflicts, ["r[2].route.timeout"]);
});

test("routes without names: one changes the very one before which the other puts one", () => {
  const theirs = { r: [route("/new"), route("/a")] };
  const expected = { value: { r: [route("/new"), route("/a", "9s")] }, conflicts: [] };
  assert.deepEqual(merged({ r: [route("/a")] }, { r: [route("/a", "9s")] }, theirs), expected);
  assert.deepEqual(merged({ r: [route("/a")] }, theirs, { r: [route("/a", "9s")] }), expected);
  const removed = merged(
    { r: [route("/a"), route("/b")] },
    { r: [route("/b", "2s"), route("/c")] },
    { r: [route("/a"), route("/b")] },
  );
  assert.deepEqual(removed.value, { r: [route("/b", "2s"), route("/c")] });
});

test("named items: added, removed and changed on either side", () => {
  const base = [
    { name: "a", x: 1 },
    { name: "b", x: 1 },
    { name: "c", x: 1 },
  ];
  const ours = [
    { name: "first", x: 0 },
    { name: "a", x: 2 },
    { name: "c", x: 1 },
  ];
  const theirs = [
    { name: "a", x: 1 },
    { name: "b", x: 1 },
    { name: "c", x: 7 },
    { name: "d", x: 1 },
  ];
  assert.deepEqual(merged({ l: base }, { l: ours }, { l: theirs }), {
    value: {
      l: [
        { name: "first", x: 0 },
        { name: "a", x: 2 },
        { name: "c", x: 7 },
        { name: "d", x: 1 },
      ],
    },
    conflicts: [],
  });
});

test("what one changed and the other removed is a conflict", () => {
  const base = {
    l: [
      { name: "a", x: 1 },
      { name: "b", x: 1 },
    ],
  };
  const changed = {
    l: [
      { name: "a", x: 2 },
      { name: "b", x: 1 },
    ],
  };
  const removed = { l: [{ name: "b", x: 1 }] };
  assert.equal(merged(base, changed, removed).conflicts.length, 1);
  assert.equal(merged(base, removed, changed).conflicts.length, 1);
  assert.deepEqual(merged(base, changed, removed, () => true).value, changed);
  assert.deepEqual(merged(base, removed, changed, () => true).value, removed);
});

const leaf = fc.constantFrom(1, 2, 3);
const message = fc.record({
  a: leaf,
  b: fc.option(leaf, { nil: undefined }),
  routes: fc.array(fc.record({ m: leaf, t: leaf }), { maxLength: 5 }),
  named: fc.uniqueArray(fc.record({ name: fc.constantFrom("x", "y", "z", "w"), v: leaf }), {
    maxLength: 4,
    selector: ({ name }) => name,
  }),
});
const clean = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test("whatever changed: a side that changed nothing gives the other side, and taking ours at each conflict of an unchanged theirs gives ours", () => {
  fc.assert(
    fc.property(message.map(clean), message.map(clean), (base, other) => {
      assert.deepEqual(merged(base, base, other), { value: other, conflicts: [] });
      assert.deepEqual(merged(base, other, base), { value: other, conflicts: [] });
      assert.deepEqual(merged(base, other, other), { value: other, conflicts: [] });
    }),
  );
});

test("whatever changed on both sides: the edits can be applied, whichever side is chosen", () => {
  fc.assert(
    fc.property(message.map(clean), message.map(clean), message.map(clean), (base, ours, theirs) => {
      merged(base, ours, theirs);
      merged(base, ours, theirs, () => true);
    }),
  );
});
