import assert from "node:assert/strict";
import { test } from "node:test";
import { randomUuid } from "./uuid-source.ts";

test("identifiers are version 4 UUIDs and differ, over more than one fill of the source", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    const uuid = randomUuid();
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    seen.add(uuid);
  }
  assert.equal(seen.size, 10_000);
});
