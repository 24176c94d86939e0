import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { installedEnvoy, startEnvoy } from "@sluice/harness";
import { toProtoJson } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { parse, stringify } from "yaml";
import { renderBootstrap } from "../bootstrap/render-bootstrap.ts";
import { exampleCluster } from "../testing/example-configuration.ts";
import { encodeResource } from "../testing/parse-resource.ts";
import { injectTelemetry } from "./inject-telemetry.ts";

const settings = { traceSamplingPercent: 1 };
const MANAGER =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

function manager(more: string): string {
  return `
    - name: manager
      typed_config:
        "@type": ${MANAGER}
        stat_prefix: in
        http_filters:
        - name: router
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
${more.replace(/^/gm, "        ")}`;
}

const INLINE = `
route_config:
  name: inline
  virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
    - { match: { path: /a }, stat_prefix: mine, route: { cluster: web } }
    - { match: { prefix: / }, name: "named: it", route: { cluster: web } }
    - { match: { prefix: / }, route: { cluster: web } }`;

const PLAIN = `
name: main
address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
filter_chains:
- filter_chain_match: { application_protocols: [h2c] }
  filters:${manager(INLINE)}
- filters:
    - name: tcp
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
        stat_prefix: tcp
        cluster: web
default_filter_chain:
  filters:${manager(INLINE)}
`;

const OWN = `
name: own
address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
filter_chains:
- filters:${manager(`${INLINE}
tracing: { random_sampling: { value: 0 } }
access_log:
- name: theirs
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig
    common_config:
      log_name: theirs
      transport_api_version: V3
      grpc_service: { envoy_grpc: { cluster_name: sluice_control } }`)}
`;

function injected(yaml: string, percent = 1): Record<string, unknown> {
  const bytes = injectTelemetry("listeners", encodeResource(yaml, ListenerSchema), {
    traceSamplingPercent: percent,
  });
  return toProtoJson(ListenerSchema, fromBinary(ListenerSchema, bytes)) as Record<string, unknown>;
}

function managersOf(listener: unknown): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  JSON.stringify(listener, (_, value: unknown) => {
    if (typeof value === "object" && value !== null && "@type" in value && value["@type"] === MANAGER) {
      found.push(value);
    }
    return value;
  });
  return found;
}

test("each connection manager, in every chain, gets an access log, a tracer and stat prefixes", () => {
  const managers = managersOf(injected(PLAIN));
  assert.equal(managers.length, 2);
  for (const config of managers) {
    const text = JSON.stringify(config);
    assert.match(JSON.stringify(config.access_log), /"log_name":"main".*"cluster_name":"sluice_control"/);
    assert.match(JSON.stringify(config.tracing), /OpenTelemetryConfig.*"cluster_name":"sluice_control"/);
    assert.deepEqual(
      [...text.matchAll(/"stat_prefix":"(\w+)"/g)].map(([, prefix]) => prefix),
      ["in", "mine", "named_it", "r2"],
    );
  }
});

test("what the user configured stays as it is", () => {
  const [config] = managersOf(injected(OWN));
  const { access_log: logs, tracing } = config ?? {};
  assert.equal(Array.isArray(logs) ? logs.length : 0, 1);
  assert.match(JSON.stringify(logs), /"log_name":"theirs"/);
  assert.doesNotMatch(JSON.stringify(tracing), /provider/);
  const [untraced] = managersOf(injected(PLAIN, 0));
  assert.equal(untraced?.tracing, undefined);
});

test("clusters get stats per endpoint unless they say what to track", () => {
  const plain = injectTelemetry(
    "clusters",
    encodeResource(exampleCluster("web", 1), ClusterSchema),
    settings,
  );
  assert.equal(fromBinary(ClusterSchema, plain).trackClusterStats?.perEndpointStats, true);
  const own = encodeResource(
    `${exampleCluster("web", 1)}track_cluster_stats: { timeout_budgets: true }`,
    ClusterSchema,
  );
  assert.equal(injectTelemetry("clusters", own, settings), own);
});

test("the same input gives the same bytes, and injecting twice adds nothing", () => {
  const routes = `
name: r
virtual_hosts: [{ name: v, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: web } }] }]`;
  const cases = [
    ["listeners", encodeResource(PLAIN, ListenerSchema)],
    ["clusters", encodeResource(exampleCluster("web", 1), ClusterSchema)],
    ["routes", encodeResource(routes, RouteConfigurationSchema)],
  ] as const;
  for (const [kind, value] of cases) {
    const once = injectTelemetry(kind, value, settings);
    assert.notEqual(once, value, kind);
    assert.deepEqual(injectTelemetry(kind, value, settings), once, kind);
    assert.equal(
      injectTelemetry(kind, once, settings),
      once,
      `${kind}: nothing to add gives the same object`,
    );
  }
});

test("fields that this build does not know survive", () => {
  const value = encodeResource(PLAIN, ListenerSchema);
  // Field 9999, length-delimited, "new": as a later Envoy API would have it.
  const unknown = Uint8Array.from([0xfa, 0xf0, 0x04, 0x03, 0x6e, 0x65, 0x77]);
  const bytes = injectTelemetry("listeners", Uint8Array.from([...value, ...unknown]), settings);
  assert.equal(fromBinary(ListenerSchema, bytes).$unknown?.[0]?.no, 9999);
});

test("a real Envoy takes what was injected", {
  skip: installedEnvoy() === undefined ? "there is no envoy on the PATH" : false,
}, async () => {
  const bootstrap = parse(
    renderBootstrap({
      product: "envoy",
      nodeId: "node-1",
      nodeCluster: "test",
      controlHost: "127.0.0.1",
      controlPort: 1,
      adminPort: 0,
      labels: {},
    }),
  ) as { admin?: unknown; dynamic_resources?: unknown; static_resources: Record<string, unknown[]> };
  delete bootstrap.admin;
  delete bootstrap.dynamic_resources;
  const web = injectTelemetry("clusters", encodeResource(exampleCluster("web", 1), ClusterSchema), settings);
  bootstrap.static_resources.clusters?.push(toProtoJson(ClusterSchema, fromBinary(ClusterSchema, web)));
  bootstrap.static_resources.listeners = [injected(PLAIN), injected(OWN)];
  const envoy = await startEnvoy({ yaml: stringify(bootstrap) });
  try {
    const dump = await envoy.admin("/config_dump");
    assert.match(dump, /envoy\.access_loggers\.http_grpc/);
    const stats = await envoy.stats("vhost.all.route");
    for (const prefix of ["mine", "named_it", "r2"]) {
      assert.ok(stats.has(`vhost.all.route.${prefix}.upstream_rq_total`), prefix);
    }
  } finally {
    await envoy.close();
  }
});
