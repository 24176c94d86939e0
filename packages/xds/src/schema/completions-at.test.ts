import assert from "node:assert/strict";
import { test } from "node:test";
import { completionsAt } from "./completions-at.ts";

const CLUSTER = "envoy.config.cluster.v3.Cluster";
const LISTENER = "envoy.config.listener.v3.Listener";

/** `|` marks the cursor. */
function complete(marked: string, type: string): { texts: string[]; replaced: string } {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { start, end, completions } = completionsAt(text, type, offset);
  return { texts: completions.map((completion) => completion.text), replaced: text.slice(start, end) };
}

test("names fields that are not set yet, and what is replaced", () => {
  const { texts, replaced } = complete("name: a\nconn|\n", CLUSTER);
  assert.equal(replaced, "conn");
  assert.ok(texts.includes("connect_timeout"));
  assert.ok(!texts.includes("name"));
});

test("knows where it is within lists and objects, block and flow", () => {
  const block = "load_assignment:\n  cluster_name: a\n  endpoints:\n  - lb_endpoints:\n    - |\n";
  assert.ok(complete(block, CLUSTER).texts.includes("endpoint"));
  assert.ok(complete("load_assignment: {cluster_name: a, |}\n", CLUSTER).texts.includes("endpoints"));
  assert.ok(
    complete("circuit_breakers:\n  thresholds:\n  - priority: HIGH\n    max|\n", CLUSTER).texts.includes(
      "max_requests",
    ),
  );
});

test("offers values of enums and booleans", () => {
  assert.ok(complete("lb_policy: R|\n", CLUSTER).texts.includes("RING_HASH"));
  assert.ok(complete("lb_policy: |\n", CLUSTER).texts.includes("ROUND_ROBIN"));
  assert.deepEqual(complete("ignore_health_on_host_removal: |\n", CLUSTER).texts, ["true", "false"]);
});

test("offers the types that fit an extension's slot, then that type's fields", () => {
  const start = "filter_chains:\n- filters:\n  - name: hcm\n    typed_config:\n";
  assert.deepEqual(complete(`${start}      |\n`, LISTENER).texts, ["@type"]);
  const hcm =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const { texts } = complete(`${start}      "@type": |\n`, LISTENER);
  assert.ok(texts.includes(hcm));
  assert.ok(!texts.some((text) => text.includes("filters.http.")));
  assert.ok(complete(`${start}      "@type": ${hcm}\n      stat|\n`, LISTENER).texts.includes("stat_prefix"));
  const filters = `${start}      "@type": ${hcm}\n      http_filters:\n      - name: x\n        typed_config:\n          "@type": |\n`;
  assert.ok(
    complete(filters, LISTENER).texts.includes(
      "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
    ),
  );
});

test("goes through a map's own keys", () => {
  const text = `typed_extension_protocol_options:\n  x:\n    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n    expl|\n`;
  assert.ok(complete(text, CLUSTER).texts.includes("explicit_http_config"));
});

test("members of a oneof that is set are not offered", () => {
  const { texts } = complete(
    "routes:\n- match:\n    prefix: /\n    |\n",
    "envoy.config.route.v3.VirtualHost",
  );
  assert.ok(texts.includes("headers"));
  assert.ok(!texts.includes("path"));
});

test("knows nothing of broken or foreign text, and does not throw", () => {
  for (const text of ["|", "a: [|", "{|", "- - |", "\t|", "foo:\n  |", '"|', "x: |\n  y"]) {
    assert.doesNotThrow(() => complete(text, CLUSTER));
  }
});
