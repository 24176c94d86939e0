import assert from "node:assert/strict";
import { test } from "node:test";
import { diffFields } from "./diff-fields.ts";

test("equal values differ in nothing", () => {
  assert.deepEqual(diffFields({ a: [{ name: "x", b: 1 }] }, { a: [{ name: "x", b: 1 }] }), []);
});

test("named items are paired by name, others by position, down to the deepest field", () => {
  const before = {
    virtual_hosts: [{ name: "web", routes: [{ m: 1 }, { route: { timeout: "3s" } }] }, { name: "old" }],
  };
  const after = {
    virtual_hosts: [{ name: "new" }, { name: "web", routes: [{ m: 1 }, { route: { timeout: "5s" } }] }],
  };
  assert.deepEqual(diffFields(before, after), [
    { path: "virtual_hosts[web].routes[1].route.timeout", before: "3s", after: "5s" },
    { path: "virtual_hosts[old]", before: { name: "old" }, after: undefined },
    { path: "virtual_hosts[new]", before: undefined, after: { name: "new" } },
  ]);
});

test("a changed order of named items is told, since order matters to Envoy", () => {
  const filters = [{ name: "cors" }, { name: "router" }];
  assert.deepEqual(diffFields({ http_filters: filters }, { http_filters: filters.toReversed() }), [
    { path: "http_filters", before: ["cors", "router"], after: ["router", "cors"] },
  ]);
});

test("endpoints are paired by address", () => {
  const endpoint = (port: number, weight: number) => ({
    endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: port } } },
    load_balancing_weight: weight,
  });
  assert.deepEqual(diffFields({ e: [endpoint(1, 1), endpoint(2, 1)] }, { e: [endpoint(2, 9)] }), [
    { path: "e[10.0.0.1:1]", before: endpoint(1, 1), after: undefined },
    { path: "e[10.0.0.1:2].load_balancing_weight", before: 1, after: 9 },
  ]);
});

test("another extension type is one change, not a mixture of two messages' fields", () => {
  const found = diffFields({ c: { "@type": "a", x: 1 } }, { c: { "@type": "b", x: 1 } });
  assert.deepEqual(
    found.map((diff) => diff.path),
    ["c"],
  );
});

test("items with the same name twice are compared by position", () => {
  assert.deepEqual(diffFields([{ name: "a", v: 1 }, { name: "a" }], [{ name: "a", v: 2 }, { name: "a" }]), [
    { path: "[0].v", before: 1, after: 2 },
  ]);
});

test("an unnamed item put in at the front is one change, and one taken out is told where it was", () => {
  const route = (prefix: string, timeout = "1s") => ({ match: { prefix }, route: { timeout } });
  assert.deepEqual(diffFields([route("/a"), route("/b")], [route("/new"), route("/a"), route("/b", "2s")]), [
    { path: "[0]", before: undefined, after: route("/new") },
    { path: "[2].route.timeout", before: "1s", after: "2s" },
  ]);
  assert.deepEqual(diffFields([route("/a"), route("/b"), route("/c")], [route("/a"), route("/c")]), [
    { path: "[1]", before: route("/b"), after: undefined },
  ]);
});
