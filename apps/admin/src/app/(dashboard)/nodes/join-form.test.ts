import assert from "node:assert/strict";
import { test } from "node:test";
import { joinCommands, readJoinForm } from "./join-form.ts";

const TEXT = {
  product: "envoy",
  nodeId: " edge-1 ",
  cluster: "edge",
  host: "::1",
  port: "18000",
  adminPort: "9902",
  labels: "zone=a",
};

test("a form is read once everything in it is right", () => {
  assert.equal(readJoinForm(TEXT)?.nodeId, "edge-1");
  assert.deepEqual(readJoinForm(TEXT)?.labels, { zone: "a" });
  for (const wrong of [{ nodeId: " " }, { port: "0" }, { adminPort: "x" }, { labels: "zone" }])
    assert.equal(readJoinForm({ ...TEXT, ...wrong }), undefined);
});

test("the commands join and start, and words with blanks are quoted", () => {
  const form = readJoinForm(TEXT);
  assert.ok(form !== undefined);
  assert.deepEqual(joinCommands(form, "slj1.a.b.c", "/etc/it's here"), [
    "npm run -s sluice -- join --server 'https://[::1]:18000' --token slj1.a.b.c --out '/etc/it'\\''s here' --cluster edge --admin-port 9902 --envoy",
    "envoy -c '/etc/it'\\''s here/bootstrap.yaml'",
  ]);
  const sluice = joinCommands({ ...form, product: "sluice", host: "a.example" }, "t", "/etc/edge");
  assert.match(sluice[0], /--server https:\/\/a\.example:18000 /);
  assert.equal(sluice[1], "npm run -s proxy -- -c /etc/edge/bootstrap.yaml --join-dir /etc/edge");
});
