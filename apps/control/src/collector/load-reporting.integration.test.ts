import assert from "node:assert/strict";
import { test } from "node:test";
import {
  freePort,
  installedEnvoy,
  type RunningProxy,
  requestOnce,
  startEnvoy,
  startRecordingUpstream,
  startSluiceProxy,
  waitFor,
} from "@sluice/harness";
import { readLoad, TelemetryStore } from "@sluice/telemetry";
import { startGrpcServer } from "../server/grpc-server.ts";
import { openToLoopback } from "../testing/open-to-loopback.ts";
import { startControlDatabase } from "../testing/start-control-database.ts";
import { loadReportingRoutes } from "./load-reporting.ts";
import { NodeReports } from "./node-reports.ts";

const skip = installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;

function cluster(name: string, port: number, extra = ""): string {
  const endpoint = `endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;
  return `
  - name: ${name}
    connect_timeout: 1s
    ${extra}
    load_assignment:
      cluster_name: ${name}
      endpoints: [{ locality: { region: r, zone: z }, lb_endpoints: [{ ${endpoint} }] }]`;
}

function bootstrap(node: string, controlPort: number, upstreamPort: number, deadPort: number): string {
  const http2 = `typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }`;
  return `
node: { id: ${node}, cluster: test }
cluster_manager:
  load_stats_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services: [{ envoy_grpc: { cluster_name: control } }]
static_resources:
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - { match: { prefix: /dead }, route: { cluster: dead } }
              - { match: { prefix: / }, route: { cluster: live } }
          http_filters:
          - name: router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:${cluster("control", controlPort, http2)}${cluster("live", upstreamPort)}${cluster("dead", deadPort)}
`;
}

test("the load of a stock Envoy and of a Sluice node by cluster, locality and endpoint is stored and can be asked for", {
  skip,
}, async (t) => {
  const { sql, close } = await startControlDatabase();
  const cleanUp: (() => Promise<void>)[] = [close];
  t.after(async () => {
    for (const step of cleanUp.reverse()) await step();
  });
  const store = new TelemetryStore(sql);
  cleanUp.push(() => store.close());
  const reports = new NodeReports({ store, now: Date.now, onSeen: () => {}, onFacts: () => {} });
  const routes = [loadReportingRoutes({ reports, clusters: () => [] })];
  const server = await startGrpcServer({ host: "127.0.0.1", port: 0, routes, ...openToLoopback() });
  cleanUp.push(() => server.close());
  const upstream = await startRecordingUpstream();
  cleanUp.push(() => upstream.close());
  upstream.reply({ body: "hello" });
  const deadPort = await freePort();
  const starts = { envoy: startEnvoy, sluice: startSluiceProxy };
  for (const [node, start] of Object.entries(starts)) {
    const proxy = await start({ yaml: bootstrap(node, server.port, upstream.port, deadPort) });
    cleanUp.push(() => proxy.close());
    await sendLoad(proxy);
  }
  const rowsOf = (node: string): Promise<unknown[]> =>
    waitFor(
      `both clusters' load of ${node}`,
      async () => {
        const rows = await readLoad(sql, { by: "cluster", node });
        const found = new Map(rows.map((row) => [row.cluster, row]));
        const whole = found.get("live")?.issued === 10 && found.get("dead")?.failed === 5;
        if (!whole) return undefined;
        return ["live", "dead"].map((name) => {
          const row = found.get(name);
          return [name, row?.successful, row?.failed, row?.issued];
        });
      },
      { deadlineMs: 60_000 },
    );
  const expected = [
    ["live", 10, 0, 10],
    ["dead", 0, 5, 0],
  ];
  assert.deepEqual(await rowsOf("envoy"), expected);
  assert.deepEqual(await rowsOf("sluice"), expected);
  for (const node of Object.keys(starts)) {
    const endpoints = await readLoad(sql, { by: "endpoint", cluster: "live", node });
    assert.deepEqual(
      endpoints.map(({ region, zone, endpoint, successful }) => [region, zone, endpoint, successful]),
      [["r", "z", `127.0.0.1:${upstream.port}`, 10]],
    );
    const [locality] = await readLoad(sql, { by: "locality", cluster: "live", node });
    assert.deepEqual([locality?.region, locality?.endpoint, locality?.issued], ["r", "", 10]);
  }
  assert.deepEqual(await readLoad(sql, { by: "locality", node: "another" }), []);
});

async function sendLoad(proxy: RunningProxy): Promise<void> {
  const port = await proxy.listenerPort("web");
  // Counting begins when the node was told to.
  await waitFor(
    "the node to be asked",
    async () => (await proxy.stats("load_reporter")).get("load_reporter.requests") === 1,
  );
  for (let index = 0; index < 10; index++) assert.equal((await requestOnce(port)).text, "hello");
  for (let index = 0; index < 5; index++) await requestOnce(port, { path: "/dead" });
}
