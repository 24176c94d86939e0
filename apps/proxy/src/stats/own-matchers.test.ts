import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnMatchers } from "./own-matchers.ts";

test("the word of the longest prefix holds, until who gave it takes it back", () => {
  const matchers = new OwnMatchers();
  const short = (): boolean => true;
  const long = (): boolean => false;
  matchers.set("cluster.a.", short);
  const endLong = matchers.set("cluster.a.b.", long);
  assert.equal(matchers.find("cluster.a.b.rq"), long);
  assert.equal(matchers.find("cluster.a.rq"), short);
  assert.equal(matchers.find("cluster.ab.rq"), undefined);
  const later = (): boolean => true;
  matchers.set("cluster.a.b.", later);
  endLong();
  assert.equal(matchers.find("cluster.a.b.rq"), later);
  matchers.set("cluster.a.b.", undefined);
  assert.equal(matchers.find("cluster.a.b.rq"), short);
});
