import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSelector, type LabelSelector, parseSelector, selectorMatches } from "./label-selector.ts";

function matches(text: string, labels: Readonly<Record<string, string>>): boolean {
  const parsed = parseSelector(text);
  assert.ok("selector" in parsed, JSON.stringify(parsed));
  return selectorMatches(parsed.selector, labels);
}

test("each operator, on a node that has the label, has another value, or has none", () => {
  const nodes = [{ zone: "a" }, { zone: "b" }, {}];
  const table: Readonly<Record<string, readonly boolean[]>> = {
    "zone=a": [true, false, false],
    "zone == a": [true, false, false],
    "zone!=a": [false, true, true],
    "zone in (a, c)": [true, false, false],
    "zone notin (a,c)": [false, true, true],
    zone: [true, true, false],
    "!zone": [false, false, true],
    "": [true, true, true],
  };
  for (const [text, wanted] of Object.entries(table)) {
    assert.deepEqual(
      nodes.map((labels) => matches(text, labels)),
      wanted,
      text,
    );
  }
});

test("requirements are joined by and; a label named like an operator is a label", () => {
  assert.ok(matches("zone=a, tier in (web), !draining", { zone: "a", tier: "web" }));
  assert.ok(!matches("zone=a, tier in (web)", { zone: "a", tier: "db" }));
  assert.ok(matches("in, notin=x", { in: "", notin: "x" }));
  assert.ok(matches("zone=", { zone: "" }));
  assert.ok(!matches("constructor", {}));
});

test("what is no selector is told with its place", () => {
  for (const [text, at] of [
    ["zone=a,", 7],
    ["=a", 0],
    ["zone in a", 8],
    ["zone in (a", 10],
    ["zone=a tier=b", 7],
    ["zone=a;b", 6],
    ["!", 1],
    ["a".repeat(2001), 2000],
  ] as const) {
    const parsed = parseSelector(text);
    assert.ok("problem" in parsed, text);
    assert.equal(parsed.at, at, `${text}: ${parsed.problem}`);
  }
});

test("what was written from a selector reads as the same selector", () => {
  const key = fc.stringMatching(/^[a-z0-9]([a-z0-9._/-]{0,10}[a-z0-9])?$/);
  const value = fc.stringMatching(/^[A-Za-z0-9._/:@+-]{0,8}$/);
  const requirement = fc.oneof(
    fc.record({
      key,
      operator: fc.constantFrom("exists" as const, "absent" as const),
      values: fc.constant([]),
    }),
    fc.record({
      key,
      operator: fc.constantFrom("in" as const, "notIn" as const),
      values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 5 }), (selector: LabelSelector) => {
      const again = parseSelector(formatSelector(selector));
      assert.equal(JSON.stringify(again), JSON.stringify({ selector }));
    }),
  );
});

test("any text is read or refused, and never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseSelector(text)));
});
