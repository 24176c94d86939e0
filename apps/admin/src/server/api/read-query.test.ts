import assert from "node:assert/strict";
import { test } from "node:test";
import { readQuery } from "./read-query.ts";

const SCHEMA = {
  type: "object",
  properties: {
    limit: { type: "integer" },
    draft: { type: "boolean" },
    names: { type: "array" },
    source: { anyOf: [{ type: "string", enum: ["draft"] }, { type: "number" }] },
    after: { anyOf: [{ type: "number" }, { type: "string" }, { type: "object" }] },
    from: { type: "object" },
    text: { type: "string" },
  },
};
const read = (query: string) => readQuery(new URLSearchParams(query), SCHEMA);

test("each value is read as its schema wants it", () => {
  assert.deepEqual(read("limit=5&draft=true&names=a&names=b&text=7"), {
    limit: 5,
    draft: true,
    names: ["a", "b"],
    text: "7",
  });
  assert.deepEqual(read('names=["a","b"]&from={"kind":"routes"}'), {
    names: ["a", "b"],
    from: { kind: "routes" },
  });
});

test("a union is text only where nothing else fits", () => {
  assert.deepEqual(read("source=3&after=12"), { source: 3, after: 12 });
  assert.deepEqual(read("after=draft"), { after: "draft" });
});

test("what does not fit stays text, for the schema to refuse", () => {
  assert.deepEqual(read("limit=many&draft=maybe&from={"), { limit: "many", draft: "maybe", from: "{" });
});
