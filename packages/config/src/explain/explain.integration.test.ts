import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ConfigError } from "../contract.ts";
import { putResource } from "../draft/put-resource.ts";
import { clusterYaml, listenerYaml, routesYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { publish } from "../version/publish.ts";
import { explainRequest } from "./explain-request.ts";
import type { ExplainInput } from "./explanation.ts";

const SHOP = `name: shop
virtual_hosts:
  - name: shop
    domains: [shop.example, "*.shop.example"]
    routes:
      - { name: old, match: { prefix: /old }, redirect: { https_redirect: true, prefix_rewrite: /new } }
      - { name: down, match: { path: /down }, direct_response: { status: 503, body: { inline_string: later } } }
      - name: beta
        match: { prefix: /, headers: [{ name: x-beta, string_match: { exact: "1" } }] }
        route: { cluster: lost }
      - name: split
        match: { path_separated_prefix: /api/v1 }
        route:
          prefix_rewrite: /v1
          host_rewrite_literal: api.internal
          weighted_clusters: { clusters: [{ name: web, weight: 3 }, { name: eds, weight: 1 }] }
      - { name: rest, match: { prefix: / }, route: { cluster: web } }
  - name: secure
    domains: [secure.example]
    require_tls: ALL
    routes: [{ match: { prefix: / }, route: { cluster: web } }]
  - { name: empty, domains: [empty.example] }
`;

const EDS = `name: eds
connect_timeout: 1s
type: EDS
lb_policy: LEAST_REQUEST
eds_cluster_config: { service_name: far, eds_config: { ads: {}, resource_api_version: V3 } }
`;

const FAR = `cluster_name: far
endpoints:
  - priority: 1
    lb_endpoints: [{ endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } } }]
  - locality: { region: eu, zone: a }
    lb_endpoints:
      - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
        load_balancing_weight: 5
`;

let config: TestConfig;
before(async () => {
  config = await startConfig();
  const ann = config.as("publisher", "ann");
  await putResource(ann, { kind: "clusters", yaml: clusterYaml("web", 9000) });
  await putResource(ann, { kind: "routes", yaml: routesYaml("shop", "web") });
  await putResource(ann, { kind: "listeners", yaml: listenerYaml("edge", "shop") });
  await publish(ann, { message: "first" });
  await putResource(ann, { kind: "clusters", yaml: EDS });
  await putResource(ann, { kind: "endpoints", yaml: FAR });
  await putResource(ann, { kind: "routes", name: "shop", yaml: SHOP, expectedRevision: 1 });
});
after(() => config.close());

const explain = (url: string, more: Partial<ExplainInput> = {}) =>
  explainRequest(config.as("viewer"), { source: "draft", method: "get", url, headers: [], ...more });
const names = (
  list: { readonly items: readonly { readonly name: string; readonly outcome: string }[] } | undefined,
) => list?.items.map(({ name, outcome }) => `${name} ${outcome}`);

test("listener, filter chain and route configuration are found on the way", async () => {
  const found = await explain("http://www.shop.example/items");
  assert.deepEqual(names(found.listeners), ["edge chosen"]);
  assert.equal(found.filterChains?.items[0]?.outcome, "chosen");
  assert.deepEqual(found.routeConfiguration, {
    name: "shop",
    at: { kind: "routes", name: "shop", path: "" },
    inline: false,
  });
  assert.deepEqual(names(found.virtualHosts), ["shop chosen", "secure rejected", "empty rejected"]);
});

test("the port of the URL's host counts as Envoy counts it: domains without a port do not take it", async () => {
  const found = await explain("http://www.shop.example:10000/items", { headers: [] });
  assert.equal(found.outcome, "no_virtual_host");
  assert.equal(found.status, 404);
});

test("every earlier route says what it wanted, later ones that they stand behind", async () => {
  const found = await explain("http://www.shop.example/items?q=1");
  assert.equal(found.outcome, "routed");
  assert.deepEqual(names(found.routes), [
    "old rejected",
    "down rejected",
    "beta rejected",
    "split rejected",
    "rest chosen",
  ]);
  assert.deepEqual(found.routes?.items[2]?.reasons, [
    {
      message: 'wanted: header x-beta is exactly "1"; the request has none',
      at: { kind: "routes", name: "shop", path: "virtual_hosts[0].routes[2].match.headers[0]" },
    },
  ]);
  assert.equal(found.routes?.items[3]?.asks, "path_separated_prefix /api/v1");
  assert.ok(found.action?.kind === "cluster");
  assert.deepEqual(found.action.clusters[0]?.endpoints, [
    { address: "127.0.0.1:9000", priority: 0, locality: "", weight: 1, health: "UNKNOWN" },
  ]);
  assert.equal(found.action.clusters[0]?.discovery, "STATIC");
});

test("a weighted choice shows its alternatives with their shares, and EDS endpoints in order of priority", async () => {
  const { action, problems } = await explain("http://shop.example/api/v1/cart");
  assert.ok(action?.kind === "cluster");
  assert.deepEqual(problems, []);
  assert.deepEqual(
    action.clusters.map(({ name, percent, discovery, lbPolicy }) => [name, percent, discovery, lbPolicy]),
    [
      ["web", 75, "STATIC", "ROUND_ROBIN"],
      ["eds", 25, "EDS", "LEAST_REQUEST"],
    ],
  );
  assert.deepEqual(action.rewrites, ["path /api/v1/cart → /v1/cart", "host → api.internal"]);
  assert.deepEqual(action.clusters[1]?.endpointsAt, { kind: "endpoints", name: "far", path: "" });
  assert.deepEqual(
    action.clusters[1]?.endpoints.map(({ address, priority, locality, weight }) => [
      address,
      priority,
      locality,
      weight,
    ]),
    [
      ["10.0.0.1:80", 0, "eu/a", 5],
      ["10.0.0.2:80", 1, "", 1],
    ],
  );
});

test("redirects, direct answers and require_tls say where to and with what status", async () => {
  const moved = await explain("http://shop.example/old/x?y");
  assert.deepEqual(moved.action, { kind: "redirect", status: 301, location: "https://shop.example/new/x?y" });
  assert.equal(moved.outcome, "redirected");
  const down = await explain("http://shop.example/down");
  assert.deepEqual(down.action, { kind: "direct_response", status: 503, body: "later" });
  assert.equal(down.status, 503);
  const secure = await explain("http://secure.example/a");
  assert.deepEqual(secure.action, { kind: "redirect", status: 301, location: "https://secure.example/a" });
});

test("what is missing on the way is a problem at its field", async () => {
  const lost = await explain("http://shop.example/", { headers: [{ name: "X-Beta", value: "1" }] });
  assert.deepEqual(lost.problems, [
    {
      message: "no cluster 'lost'",
      at: { kind: "routes", name: "shop", path: "virtual_hosts[0].routes[2].route.cluster" },
    },
  ]);
  assert.equal((await explain("http://empty.example/")).outcome, "no_route");
  assert.match(
    (await explain("https://shop.example/")).problems[0]?.message ?? "",
    /no TLS transport socket/,
  );
  const nowhere = await explain("http://shop.example:81/");
  assert.equal(nowhere.outcome, "no_listener");
  assert.match(
    nowhere.problems[0]?.message ?? "",
    /no listener binds port 81; there are edge \(127\.0\.0\.1:10000\)/,
  );
});

test("the live version and one by number are explained beside the draft", async () => {
  const live = await explain("http://other.example/", { source: "live" });
  assert.deepEqual(live.source, { kind: "version", number: 1 });
  assert.equal(live.outcome, "routed");
  assert.equal((await explain("http://other.example/")).outcome, "no_virtual_host");
  await assert.rejects(
    explain("http://a/", { source: 9 }),
    (error) => error instanceof ConfigError && error.code === "not_found",
  );
});

test("what is no request is refused in words", async () => {
  const refused = (words: RegExp) => (error: unknown) =>
    error instanceof ConfigError && error.code === "invalid" && words.test(error.message);
  await assert.rejects(explain("ftp://a/"), refused(/is no URL/));
  await assert.rejects(explain("/path"), refused(/name a host/));
  await assert.rejects(explain("http://a/", { method: "G T" }), refused(/no method/));
  await assert.rejects(explain("http://a/", { clientIp: "here" }), refused(/no IP address/));
  await assert.rejects(
    explain("http://a/", { headers: [{ name: "a b", value: "" }] }),
    refused(/no header name/),
  );
});
