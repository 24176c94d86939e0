import assert from "node:assert/strict";
import { test } from "node:test";
import { NAVIGATION } from "./navigation.ts";

test("every page of the navigation has an address and a key of its own", () => {
  const items = NAVIGATION.flatMap((group) => group.items);
  for (const field of ["id", "href", "key"] as const) {
    const values = items.map((item) => item[field]);
    assert.deepEqual([...new Set(values)], values, field);
  }
});
