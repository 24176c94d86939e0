import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { freePort } from "@sluice/harness";
import { eventually, listenerYaml, ProxyProcess, portOf } from "./proxy-process-fixture.ts";

/** Answers the status that the path names. */
async function startStatusServer() {
  const server = createServer((request, response) => {
    response.statusCode = Number(request.url?.slice(1, 4) || 200);
    response.end("body");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const endpoint = (name: string, port: number): string =>
  `load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}]}]}`;

test("clusters count responses, retries, bytes and endpoints under Envoy's names", async () => {
  const upstream = await startStatusServer();
  const port = portOf(upstream.address());
  const routes = `route_config: {name: local, virtual_hosts: [{name: all, domains: ["*"], routes: [
        {match: {prefix: /dead}, route: {cluster: dead}},
        {match: {prefix: /500}, route: {cluster: web, retry_policy: {retry_on: 5xx, num_retries: 1}}},
        {match: {prefix: /}, route: {cluster: web}}]}]}`;
  const proxy = new ProxyProcess(`
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - ${listenerYaml("main", routes).trim().replaceAll("\n", "\n    ")}
  clusters:
  - {name: web, connect_timeout: 1s, track_cluster_stats: {per_endpoint_stats: true}, ${endpoint("web", port)}}
  - {name: dead, connect_timeout: 1s, ${endpoint("dead", await freePort())}}
`);
  try {
    await proxy.live();
    const base = `http://127.0.0.1:${await proxy.listenerPort("main")}`;
    for (const [path, status] of [
      ["/200", 200],
      ["/404", 404],
      ["/503", 503],
      ["/500", 500],
      ["/dead", 503],
    ] as const) {
      const response = await fetch(base + path);
      await response.text();
      assert.equal(response.status, status, path);
    }
    const expected = {
      "cluster.web.upstream_rq_completed": 4,
      "cluster.web.external.upstream_rq_completed": 4,
      "cluster.web.upstream_rq_2xx": 1,
      "cluster.web.upstream_rq_4xx": 1,
      "cluster.web.upstream_rq_404": 1,
      "cluster.web.upstream_rq_5xx": 2,
      "cluster.web.upstream_rq_500": 1,
      "cluster.web.external.upstream_rq_503": 1,
      "cluster.web.retry.upstream_rq_500": 1,
      "cluster.web.retry.upstream_rq_completed": 1,
      "cluster.web.upstream_rq_total": 5,
      "cluster.dead.upstream_rq_completed": 1,
      "cluster.dead.upstream_rq_503": 1,
      "cluster.dead.external.upstream_rq_5xx": 1,
      "cluster.dead.upstream_cx_connect_fail": 1,
      "cluster.dead.upstream_rq_pending_failure_eject": 1,
      [`cluster.web.endpoint.127.0.0.1_${port}.rq_total`]: 5,
      [`cluster.web.endpoint.127.0.0.1_${port}.healthy`]: 1,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(await proxy.stat(name), value, name);
    // Counted as they go: connections are still open, but for the one whose response a retry cut short.
    assert.equal(await proxy.stat("cluster.web.upstream_cx_destroy"), 1);
    for (const name of [
      "cluster.web.upstream_cx_tx_bytes_total",
      "cluster.web.upstream_cx_rx_bytes_total",
      "http.ingress.downstream_cx_tx_bytes_total",
    ]) {
      assert.ok((await proxy.stat(name)) > 400, name);
    }
    const prometheus = await eventually("a merged histogram", async () => {
      const { body } = await proxy.admin("/stats/prometheus");
      return /envoy_cluster_endpoint_rq_time_count\{[^}]*\} 4/.test(body) ? body : undefined;
    });
    assert.match(
      prometheus,
      new RegExp(
        `^envoy_cluster_endpoint_rq_time_count\\{.*envoy_endpoint_address="127\\.0\\.0\\.1:${port}"`,
        "m",
      ),
    );
  } finally {
    await proxy.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  }
});
