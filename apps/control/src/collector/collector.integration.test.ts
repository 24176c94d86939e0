import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  fieldOf,
  freePort,
  installedEnvoy,
  quickEnough,
  requestOnce,
  startEnvoy,
  startRecordingUpstream,
  waitFor,
} from "@sluice/harness";
import {
  type Measures,
  namingOf,
  percentile,
  readOverview,
  readTopology,
  readTopScopes,
  readTrace,
  type ScopeKind,
  searchRequests,
  searchTraces,
  TelemetryStore,
  topologyConfigurationOf,
} from "@sluice/telemetry";
import { toProtoJson } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { HttpConnectionManagerSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { parse, stringify } from "yaml";
import { renderBootstrap } from "../bootstrap/render-bootstrap.ts";
import { injectTelemetry } from "../injection/inject-telemetry.ts";
import { startGrpcServer } from "../server/grpc-server.ts";
import { EXAMPLE_ROUTES, exampleCluster, exampleListener } from "../testing/example-configuration.ts";
import { openToLoopback } from "../testing/open-to-loopback.ts";
import { encodeResource, parseResource } from "../testing/parse-resource.ts";
import { startControlDatabase } from "../testing/start-control-database.ts";
import { collectorRoutes } from "./collector-routes.ts";
import { NodeReports } from "./node-reports.ts";

const skip = installedEnvoy() === undefined ? "there is no envoy on the PATH" : false;
const settings = { traceSamplingPercent: 100 };

test("what a stock Envoy reports with the injected configuration is stored by scope, request and trace", {
  skip,
}, async (t) => {
  const { sql, close } = await startControlDatabase();
  const cleanUp: (() => Promise<void>)[] = [close];
  t.after(async () => {
    for (const step of cleanUp.reverse()) await step();
  });
  const store = new TelemetryStore(sql);
  cleanUp.push(() => store.close());
  const facts = new Map<string, number>();
  const reports = new NodeReports({
    store,
    now: Date.now,
    onSeen: () => {},
    onFacts: (_, more) => {
      for (const [stat, value] of more) facts.set(stat, value);
    },
  });
  const server = await startGrpcServer({
    host: "127.0.0.1",
    port: 0,
    routes: [collectorRoutes(reports)],
    ...openToLoopback(),
  });
  cleanUp.push(() => server.close());
  const upstream = await startRecordingUpstream();
  cleanUp.push(() => upstream.close());
  upstream.reply({ body: "hello" });
  const deadPort = await freePort();

  const clusters = [exampleCluster("web.default:80", upstream.port), exampleCluster("dead", deadPort)].map(
    (yaml) =>
      fromBinary(ClusterSchema, injectTelemetry("clusters", encodeResource(yaml, ClusterSchema), settings)),
  );
  const plain = parseResource(exampleListener({ listenerPort: 0 }), ListenerSchema);
  putRoutesInline(plain, parseResource(EXAMPLE_ROUTES, RouteConfigurationSchema));
  const listener = fromBinary(
    ListenerSchema,
    injectTelemetry("listeners", toBinary(ListenerSchema, plain), settings),
  );
  const configuration = topologyConfigurationOf({
    listeners: [listener],
    routes: [],
    clusters,
    endpoints: [],
  });

  const bootstrap = parse(
    renderBootstrap({
      product: "envoy",
      nodeId: "stock",
      nodeCluster: "test",
      controlHost: "127.0.0.1",
      controlPort: server.port,
      adminPort: 0,
      labels: {},
    }),
  ) as Record<string, unknown> & { static_resources: { clusters: unknown[]; listeners?: unknown[] } };
  delete bootstrap.admin;
  delete bootstrap.dynamic_resources;
  bootstrap.static_resources.clusters.push(...clusters.map((cluster) => toProtoJson(ClusterSchema, cluster)));
  bootstrap.static_resources.listeners = [toProtoJson(ListenerSchema, listener)];
  const envoy = await startEnvoy({ yaml: stringify(bootstrap) });
  cleanUp.push(() => envoy.close());
  const port = await envoy.listenerPort("main:http");
  reports.rename(namingOf(configuration));
  const measured = async (kind: ScopeKind, name: string): Promise<Measures | undefined> => {
    for (const by of ["requests", "errors", "connections"] as const) {
      const found = (await readTopScopes(sql, { kind, by })).find(({ scope }) => scope.name === name);
      if (found !== undefined) return found.measures;
    }
    return undefined;
  };

  await waitFor("the node's first report", async () => (await readOverview(sql)).asOf !== undefined);
  const host: [string, string] = ["host", "a.shop.example"];
  let carts = 0;
  const told = await quickEnough({ stored: 1_000, counted: 1_000 }, async () => {
    const sent = performance.now();
    assert.equal((await requestOnce(port, { headers: [host], path: "/cart" })).text, "hello");
    carts++;
    const requests = carts;
    await waitFor(
      "the request to be stored",
      async () => (await searchRequests(sql)).entries.length === requests,
    );
    const stored = performance.now() - sent;
    await waitFor(
      "the request to be counted",
      async () => (await measured("node", "stock"))?.requests === requests,
    );
    return { stored, counted: performance.now() - sent };
  });
  t.diagnostic(told);

  for (; carts < 10; carts++) await requestOnce(port, { headers: [host], path: "/cart" });
  for (let index = 0; index < 5; index++) {
    assert.equal((await requestOnce(port, { headers: [host], path: "/dead" })).status, 503);
  }
  assert.equal((await requestOnce(port, { headers: [["host", "other"]], path: "/" })).status, 404);

  await waitFor("all to be counted", async () => (await measured("listener", "main:http"))?.requests === 16);
  const listenerMeasures = await measured("listener", "main:http");
  assert.equal(listenerMeasures?.responses2xx, 10);
  assert.equal(listenerMeasures.responses4xx, 1);
  assert.equal(listenerMeasures.responses5xx, 5);
  assert.ok((percentile(listenerMeasures.latency, 0.5) ?? 0) > 0);
  assert.ok(listenerMeasures.bytesReceived > 0 && listenerMeasures.bytesSent > 0);
  assert.equal((await measured("route", "shop.example/r1"))?.responses2xx, 10);
  assert.equal((await measured("route", "shop.example/broken"))?.responses5xx, 5);
  assert.equal((await measured("host", "shop.example"))?.requests, 15);
  const web = await measured("cluster", "web.default:80");
  assert.equal(web?.requests, 10);
  assert.equal(web.membersTotal, 1);
  const dead = await measured("cluster", "dead");
  assert.equal(dead?.failures, 5);
  assert.equal(await measured("cluster", "sluice_control"), undefined);
  await waitFor(
    "the endpoints' requests",
    async () => (await measured("endpoint", `web.default:80/127.0.0.1:${upstream.port}`))?.requests === 10,
  );

  const { entries } = await waitFor("all requests", async () => {
    const page = await searchRequests(sql);
    return page.entries.length === 16 ? page : undefined;
  });
  const failed = entries.find(({ path }) => path === "/dead");
  assert.equal(failed?.node, "stock");
  assert.equal(failed.listener, "main:http");
  assert.equal(failed.virtualHost, "shop.example");
  assert.equal(failed.route, "broken");
  assert.equal(failed.cluster, "dead");
  assert.deepEqual(failed.flags, ["UF"]);
  assert.equal(failed.upstreamAddress, `127.0.0.1:${deadPort}`);

  const trace = await waitFor("a trace of two spans", async () => {
    const { traces } = await searchTraces(sql, { filter: { text: "/cart", node: "stock" } });
    return traces.find(({ spanCount }) => spanCount === 2);
  });
  const spans = await readTrace(sql, trace.traceId);
  assert.equal(spans[1]?.parentSpanId, spans[0]?.spanId);
  const traceparents = upstream.requests.map(({ fields }) => fieldOf(fields, "traceparent"));
  assert.ok(traceparents.some((header) => header?.includes(trace.traceId)));
  const ofTrace = await searchRequests(sql, { filter: { traceId: trace.traceId } });
  assert.equal(ofTrace.entries.length, 1);
  assert.equal(ofTrace.entries[0]?.traceId, trace.traceId);

  const topology = await readTopology(sql, { configuration, windowSeconds: 60 });
  const box = (id: string) => topology.boxes.find((candidate) => candidate.id === id);
  assert.equal(box("cluster:dead")?.health, "unhealthy");
  assert.equal(box(`endpoint:web.default:80/127.0.0.1:${upstream.port}`)?.health, "healthy");
  const active = topology.edges.filter((edge) => edge.active).map(({ id }) => id);
  assert.ok(active.includes("route:shop.example/r1->cluster:web.default:80"), active.join("\n"));
  assert.ok(active.includes("listener:main:http->host:shop.example"));
  assert.equal(facts.get("listener_manager.total_listeners_warming"), 0);
});

function putRoutesInline(listener: Listener, routes: RouteConfiguration): void {
  const config = listener.filterChains[0]?.filters[0]?.configType;
  assert.ok(config?.case === "typedConfig");
  const manager = fromBinary(HttpConnectionManagerSchema, config.value.value);
  manager.routeSpecifier = { case: "routeConfig", value: routes };
  config.value.value = toBinary(HttpConnectionManagerSchema, manager);
}
