import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { LabelPairSchema } from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";
import type { TopologyConfiguration } from "../contract.ts";
import { classifyStat } from "./classify-stat.ts";
import { flatStatName } from "./flat-stat-name.ts";
import { namingOf } from "./naming.ts";

const configuration: TopologyConfiguration = {
  listeners: [
    {
      name: "front",
      address: "0.0.0.0:10000",
      statName: "0.0.0.0_10000",
      httpPrefixes: ["ingress.http"],
      routeConfigurations: ["main"],
      clusters: [],
    },
  ],
  virtualHosts: [
    { routeConfiguration: "main", name: "shop:1", domains: ["shop.example", "*.shop.example"], routes: [] },
    { routeConfiguration: "main", name: "longer", domains: ["*.eu.shop.example", "shop.*"], routes: [] },
    { routeConfiguration: "main", name: "rest", domains: ["*"], routes: [] },
  ],
  clusters: [
    { name: "web.default:80", statName: "web.default_80", endpoints: [] },
    { name: "a.external", statName: "a.external", endpoints: [] },
  ],
};
const naming = namingOf(configuration);

function classified(stat: string, known = true): string[] {
  return classifyStat(stat, "n1", known ? naming : undefined).map(
    ({ scope, measure }) => `${scope.kind} ${scope.name} ${measure}`,
  );
}

test("stats lead to scopes with the configuration's names", () => {
  assert.deepEqual(classified("cluster.web.default_80.upstream_rq_5xx"), [
    "cluster web.default:80 responses5xx",
  ]);
  assert.deepEqual(classified("cluster.web.default_80.endpoint.10.0.0.1_8080.rq_total"), [
    "endpoint web.default:80/10.0.0.1:8080 requests",
  ]);
  assert.deepEqual(classified("cluster.web.default_80.endpoint.[__1]_80.cx_active"), [
    "endpoint web.default:80/[::1]:80 connectionsActive",
  ]);
  assert.deepEqual(classified("vhost.shop_1.route.api.v1.upstream_rq_time"), [
    "route shop:1/api.v1 latency",
    "host shop:1 latency",
  ]);
  assert.deepEqual(classified("listener.0.0.0.0_10000.http.ingress.http.downstream_rq_2xx"), [
    "listener front responses2xx",
    "node n1 responses2xx",
  ]);
  assert.deepEqual(classified("listener.0.0.0.0_10000.downstream_cx_active"), [
    "listener front connectionsActive",
    "node n1 connectionsActive",
  ]);
  assert.deepEqual(classified("http.ingress.http.downstream_rq_time"), [
    "node n1 latency",
    "listener front latency",
  ]);
});

test("what counts again, belongs to the control plane or to the admin interface is left out", () => {
  for (const stat of [
    "cluster.web.default_80.external.upstream_rq_2xx",
    "cluster.web.default_80.zone.a.b.upstream_rq_2xx",
    "cluster.web.default_80.retry.upstream_rq_2xx",
    "cluster.sluice_control.upstream_rq_active",
    "listener.admin.downstream_cx_total",
    "listener.admin.http.admin.downstream_rq_2xx",
    "listener.0.0.0.0_10000.worker_0.downstream_cx_total",
    "http.admin.downstream_rq_time",
    "http.async-client.downstream_rq_active",
    "server.uptime",
    "nodots",
  ]) {
    assert.deepEqual(classified(stat), [], stat);
    assert.deepEqual(classified(stat, false), [], stat);
  }
});

test("a cluster whose name ends as a subtree does is known by the configuration", () => {
  assert.deepEqual(classified("cluster.a.external.upstream_rq_2xx"), ["cluster a.external responses2xx"]);
});

test("without a configuration stats keep Envoy's names", () => {
  assert.deepEqual(classified("cluster.web.default_80.upstream_cx_total", false), [
    "cluster web.default_80 connectionsOpened",
  ]);
  assert.deepEqual(classified("http.x.downstream_rq_time", false), ["node n1 latency"]);
});

test("tags that were sent as labels come back into the name", () => {
  const flat = (name: string, labels: Record<string, string>) =>
    flatStatName(
      name,
      Object.entries(labels).map(([key, value]) => create(LabelPairSchema, { name: `envoy.${key}`, value })),
    );
  assert.equal(
    flat("cluster.upstream_rq_xx", { response_code_class: "5", cluster_name: "web" }),
    "cluster.web.upstream_rq_5xx",
  );
  assert.equal(
    flat("http.downstream_cx_active", { http_conn_manager_prefix: "in" }),
    "http.in.downstream_cx_active",
  );
  assert.equal(
    flat("listener.http.downstream_rq_xx", {
      response_code_class: "2",
      http_conn_manager_prefix: "in",
      listener_address: "0.0.0.0_80",
    }),
    "listener.0.0.0.0_80.http.in.downstream_rq_2xx",
  );
  assert.equal(
    flat("vhost.route.upstream_rq_time", { virtual_host: "web", route: "r1" }),
    "vhost.web.route.r1.upstream_rq_time",
  );
  assert.equal(
    flat("cluster.upstream_rq", { response_code: "503", cluster_name: "web" }),
    "cluster.web.upstream_rq_503",
  );
  assert.equal(flat("server.uptime", {}), "server.uptime");
});

test("a request's virtual host is found as Envoy would: exact, longest suffix, longest prefix, any", () => {
  const host = (authority: string) => naming.virtualHostFor("front", authority);
  assert.equal(host("SHOP.example"), "shop:1");
  assert.equal(host("a.shop.example"), "shop:1");
  assert.equal(host("a.eu.shop.example"), "longer");
  assert.equal(host("shop.test"), "longer");
  assert.equal(host("other"), "rest");
  assert.equal(naming.virtualHostFor("unknown", "other"), "");
});
