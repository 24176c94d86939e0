import assert from "node:assert/strict";
import { test } from "node:test";
import { completeYaml, explainYaml } from "./complete-yaml.ts";

/** The text without its `|`, and where that stood. */
function cursor(marked: string): [string, number] {
  const offset = marked.indexOf("|");
  return [marked.slice(0, offset) + marked.slice(offset + 1), offset];
}

function labels(kind: "clusters" | "listeners" | "routes", marked: string): readonly string[] {
  return completeYaml(kind, ...cursor(marked))?.items.map((item) => item.label) ?? [];
}

test("offers the fields of the root, without those that are there", () => {
  const found = labels("clusters", "name: a\nconn|\ntype: STATIC\n");
  assert.ok(found.includes("connect_timeout"));
  assert.ok(!found.includes("name"));
  assert.ok(!found.includes("type"));
});

test("offers an enum's values", () => {
  assert.ok(labels("clusters", "name: a\nlb_policy: |").includes("LEAST_REQUEST"));
});

test("knows where it is inside lists of lists", () => {
  const text =
    "virtual_hosts:\n- name: web\n  routes:\n  - match: { prefix: / }\n    route:\n      cluster: a\n      |\n";
  const found = labels("routes", text);
  assert.ok(found.includes("timeout"));
  assert.ok(!found.includes("cluster"));
  assert.ok(labels("routes", "virtual_hosts:\n  - |").includes("domains"));
  assert.ok(!labels("routes", "virtual_hosts:\n  - name: a\n    |").includes("name"));
});

test("follows @type into an extension and offers the types that fit", () => {
  const head = "filter_chains:\n  - filters:\n      - name: hcm\n        typed_config:\n";
  const manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  assert.ok(labels("listeners", `${head}          "@type": ${manager}\n          |`).includes("stat_prefix"));
  assert.ok(labels("listeners", `${head}          |`).includes("@type"));
  assert.ok(
    labels("listeners", `${head}          "@type": |`).includes(
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    ),
  );
});

test("explains the field under the mouse", () => {
  const [yaml, offset] = cursor("name: a\nconnect_ti|meout: 5s\n");
  const explained = explainYaml("clusters", yaml, offset);
  assert.equal(explained?.name, "connect_timeout");
  assert.match(explained.detail, /duration/);
  assert.equal(yaml.slice(explained.from, explained.to), "connect_timeout");
});
