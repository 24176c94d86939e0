import assert from "node:assert/strict";
import { test } from "node:test";
import { linksOfBox, scopeOfBox } from "./box-links.ts";

test("names keep their colons and slashes", () => {
  assert.deepEqual(scopeOfBox("endpoint:web/[::1]:80"), { kind: "endpoint", name: "web/[::1]:80" });
  assert.deepEqual(scopeOfBox("listener:a:b"), { kind: "listener", name: "a:b" });
  assert.equal(scopeOfBox("downstream:clients"), undefined);
});

test("boxes lead to their configuration, their requests and their charts", () => {
  assert.deepEqual(linksOfBox("cluster:team a/web"), {
    configuration: "/clusters/team%20a%2Fweb",
    requests: "/requests?q=cluster%3Ateam+a%2Fweb",
    traffic: "/traffic?kind=cluster&name=team+a%2Fweb",
  });
  assert.equal(linksOfBox("endpoint:web/10.0.0.1:80").configuration, "/clusters/web");
  assert.equal(linksOfBox("downstream:clients").traffic, "/traffic");
});
