import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDurationMs, parseRequestFilter, withoutTerm, withTerm } from "./parse-request-filter.ts";

function filterOf(text: string): unknown {
  const parsed = parseRequestFilter(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.filter;
}

function problemOf(text: string): readonly [string, string, string | undefined] {
  const parsed = parseRequestFilter(text);
  assert.ok(!parsed.ok, text);
  return [parsed.problem.code, parsed.problem.word, parsed.problem.suggestion];
}

test("terms become the conditions of the store", () => {
  assert.deepEqual(filterOf("status:5xx path:/api duration>100 cluster:web"), {
    status: "5xx",
    path: "/api",
    minDurationMs: 100,
    cluster: "web",
  });
  assert.deepEqual(filterOf("method:get flag:uf host:example.com trace:abc request:r1 node:n route:vh/r"), {
    method: "GET",
    flag: "UF",
    authority: "example.com",
    traceId: "abc",
    requestId: "r1",
    node: "n",
    route: "vh/r",
  });
  assert.deepEqual(filterOf("   "), {});
});

test("a word that begins with a slash is a path, and quotes keep spaces", () => {
  assert.deepEqual(filterOf("/a:b status>=400"), { path: "/a:b", status: ">=400" });
  assert.deepEqual(filterOf('path:"/a b" authority:x'), { path: "/a b", authority: "x" });
});

test("durations take units", () => {
  assert.equal(parseDurationMs("1.5s"), 1500);
  assert.equal(parseDurationMs("2m"), 120_000);
  assert.equal(parseDurationMs("soon"), undefined);
  assert.deepEqual(filterOf("duration:>=1s"), { minDurationMs: 1000 });
});

test("what cannot be understood is named, with the nearest field", () => {
  assert.deepEqual(problemOf("stauts:500"), ["unknown_field", "stauts:500", "status"]);
  assert.deepEqual(problemOf("hello"), ["bare_word", "hello", undefined]);
  assert.deepEqual(problemOf("path:"), ["missing_value", "path:", "path"]);
  assert.deepEqual(problemOf("status:900"), ["bad_status", "status:900", "status"]);
  assert.deepEqual(problemOf("duration>fast"), ["bad_duration", "duration>fast", "duration"]);
  assert.deepEqual(problemOf("cluster:a cluster:b"), ["duplicate", "cluster:b", "cluster"]);
  assert.deepEqual(problemOf('path:"/a'), ["open_quote", "path:/a", undefined]);
});

test("a facet replaces its own term, keeps the others and can be taken away", () => {
  assert.equal(withTerm("", "status", "5xx"), "status:5xx");
  assert.equal(withTerm("path:/a status:200 node:n", "status", ">=400"), "path:/a status>=400 node:n");
  assert.equal(withTerm("path:/a", "host", "a b"), 'path:/a host:"a b"');
  assert.equal(withoutTerm("path:/a status:200 node:n", "status"), "path:/a node:n");
});
