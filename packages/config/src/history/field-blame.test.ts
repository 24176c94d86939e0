import assert from "node:assert/strict";
import { test } from "node:test";
import { blamedLeaves, carryBlame, type FieldBlame } from "./field-blame.ts";

const route = (prefix: string, timeout: string) => ({ match: { prefix }, route: { timeout } });

function history(...contents: readonly unknown[]) {
  let blame: FieldBlame = { version: 1 };
  contents.forEach((content, index) => {
    if (index > 0) blame = carryBlame(contents[index - 1], content, blame, index + 1);
  });
  const leaves = blamedLeaves(contents.at(-1), blame);
  return Object.fromEntries(leaves.map(({ path, version }) => [path, version]));
}

test("each field is from the version that gave it its value", () => {
  assert.deepEqual(
    history(
      { name: "a", timeout: "1s", x: [1] },
      { name: "a", timeout: "2s", x: [1] },
      { name: "a", timeout: "2s", y: {} },
    ),
    { name: 1, timeout: 2, y: 3 },
  );
});

test("an item that only moved keeps its version, and so do its fields", () => {
  assert.deepEqual(
    history(
      [route("/a", "1s"), route("/b", "1s")],
      [route("/a", "1s"), route("/b", "9s")],
      [route("/new", "1s"), route("/a", "1s"), route("/b", "9s")],
    ),
    {
      "[0].match.prefix": 3,
      "[0].route.timeout": 3,
      "[1].match.prefix": 1,
      "[1].route.timeout": 1,
      "[2].match.prefix": 1,
      "[2].route.timeout": 2,
    },
  );
});

test("a value that comes back is from the version that brought it back", () => {
  assert.deepEqual(history({ a: 1 }, { a: 2 }, { a: 1 }), { a: 3 });
});

test("what does not change costs nothing to remember", () => {
  const before = { list: Array.from({ length: 1000 }, (_, index) => route(`/${index}`, "1s")) };
  const after = { list: before.list.with(500, route("/500", "2s")) };
  const blame = carryBlame(before, after, { version: 1 }, 2);
  assert.equal(
    JSON.stringify(blame),
    '{"version":1,"parts":{"list":{"version":1,"parts":{"500":{"version":1,"parts":{"route":{"version":1,"parts":{"timeout":{"version":2}}}}}}}}}',
  );
});
