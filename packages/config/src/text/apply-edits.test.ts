import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { applyEdits } from "./apply-edits.ts";

const TEXT = `# web
name: web
virtual_hosts:
  # the shop
  - name: shop
    domains: ["shop.test"]
    routes:
      - match: { prefix: / } # all
        route: { cluster: a, timeout: 3s }
      - match: { prefix: /x }
        redirect: { hostRedirect: y.test }
`;

test("comments and what is not touched stay", () => {
  const next = applyEdits(TEXT, [
    { op: "set", path: "virtual_hosts[0].routes[0].route.timeout", value: "5s" },
  ]);
  assert.equal(next.replace("5s", "3s").replaceAll(/\s+/g, ""), TEXT.replaceAll(/\s+/g, ""));
  assert.match(next, /# web[\s\S]*# the shop[\s\S]*# all/);
  assert.equal(parse(next).virtual_hosts[0].routes[0].route.timeout, "5s");
});

test("missing maps and lists are made on the way, an index at the end appends", () => {
  const next = parse(
    applyEdits("name: c\n", [
      { op: "set", path: "load_assignment.endpoints[0].lb_endpoints[0].endpoint.hostname", value: "h" },
      { op: "set", path: "load_assignment.endpoints[0].lb_endpoints[1]", value: { endpoint: {} } },
      { op: "set", path: 'metadata.filter_metadata["a.b"].x', value: 1 },
    ]),
  );
  assert.deepEqual(next, {
    name: "c",
    load_assignment: { endpoints: [{ lb_endpoints: [{ endpoint: { hostname: "h" } }, { endpoint: {} }] }] },
    metadata: { filter_metadata: { "a.b": { x: 1 } } },
  });
});

test("the other spelling of a key is found, not doubled", () => {
  const next = applyEdits(TEXT, [
    { op: "set", path: "virtual_hosts[0].routes[1].redirect.host_redirect", value: "z" },
  ]);
  assert.deepEqual(parse(next).virtual_hosts[0].routes[1].redirect, { hostRedirect: "z" });
});

test("items are inserted, moved and removed; removing what is not there is harmless", () => {
  const next = parse(
    applyEdits(TEXT, [
      { op: "insert", path: "virtual_hosts[0].domains", index: 0, value: "*" },
      { op: "move", path: "virtual_hosts[0].routes", from: 1, to: 0 },
      { op: "remove", path: "virtual_hosts[0].routes[1].route.timeout" },
      { op: "remove", path: "nothing.here[3].at_all" },
    ]),
  );
  assert.deepEqual(next.virtual_hosts[0].domains, ["*", "shop.test"]);
  assert.deepEqual(next.virtual_hosts[0].routes, [
    { match: { prefix: "/x" }, redirect: { hostRedirect: "y.test" } },
    { match: { prefix: "/" }, route: { cluster: "a" } },
  ]);
});

test("an edit through an alias leaves the anchor's own place alone", () => {
  const next = parse(applyEdits("a: &x { t: 1 }\nb: *x\n", [{ op: "set", path: "b.t", value: 2 }]));
  assert.deepEqual(next, { a: { t: 1 }, b: { t: 2 } });
});

test("an empty text becomes a map", () => {
  assert.deepEqual(parse(applyEdits("", [{ op: "set", path: "name", value: "n" }])), { name: "n" });
});

test("a text that is no YAML and a path through a plain value are refused", () => {
  assert.throws(() => applyEdits("a: [", [{ op: "remove", path: "a" }]), RangeError);
  assert.throws(() => applyEdits("a: 1\n", [{ op: "set", path: "a.b", value: 1 }]), RangeError);
  assert.throws(() => applyEdits("a: 1\n", [{ op: "set", path: "a..b", value: 1 }]), RangeError);
});
