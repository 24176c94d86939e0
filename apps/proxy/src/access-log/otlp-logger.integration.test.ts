import assert from "node:assert/strict";
import { test } from "node:test";
import { ExportLogsServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js";
import type { AnyValue, KeyValue } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import type { ResourceLogs } from "@sluice/xds/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import { startUnaryReceiver } from "../grpc/unary-receiver-fixture.ts";
import { clusterYaml, eventually, listenerYaml, ProxyProcess } from "../server/proxy-process-fixture.ts";

const LOG = `access_log:
      - name: envoy.access_loggers.open_telemetry
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig
          log_name: edge
          grpc_service: {envoy_grpc: {cluster_name: collector}}
          buffer_flush_interval: 0.05s
          stat_prefix: main
          resource_attributes: {values: [{key: team, value: {string_value: web}}, {key: parts, value: {array_value: {values: [{int_value: 2}, {bool_value: true}]}}}]}
          body: {string_value: "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%"}
          attributes:
            values:
            - {key: flags, value: {string_value: "%RESPONSE_FLAGS%"}}
            - {key: nested, value: {kvlist_value: {values: [{key: code, value: {string_value: "%RESPONSE_CODE%"}}]}}}
            - {key: list, value: {array_value: {values: [{string_value: a}, {string_value: "%PROTOCOL%"}]}}}`;

function plain(value: AnyValue | undefined): unknown {
  switch (value?.value.case) {
    case "kvlistValue":
      return plainPairs(value.value.value.values);
    case "arrayValue":
      return value.value.value.values.map(plain);
    default:
      return value?.value.value;
  }
}
const plainPairs = (pairs: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]));

test("requests become OpenTelemetry log records with their labels, body and attributes", async () => {
  const received: ResourceLogs[] = [];
  const collector = await startUnaryReceiver(ExportLogsServiceRequestSchema, ({ resourceLogs }) =>
    received.push(...resourceLogs),
  );
  const routes = `route_config: {name: local, virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 201}}]}]}`;
  const cluster = clusterYaml("collector", collector.port);
  const proxy = new ProxyProcess(`
node: {id: n1, cluster: shop, locality: {zone: z1}}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - ${listenerYaml("main", routes, LOG).trim().replaceAll("\n", "\n    ")}
  clusters:
  - ${cluster.replace("connect_timeout: 1s", "connect_timeout: 1s, http2_protocol_options: {}")}
`);
  try {
    await proxy.live();
    await (await fetch(`http://127.0.0.1:${await proxy.listenerPort("main")}/x?y`)).text();
    const logs = await eventually(
      "a log record",
      () => received[0],
      () => proxy.output,
    );
    assert.deepEqual(plainPairs(logs.resource?.attributes ?? []), {
      log_name: "edge",
      zone_name: "z1",
      cluster_name: "shop",
      node_name: "n1",
      team: "web",
      parts: [2n, true],
    });
    const record = logs.scopeLogs[0]?.logRecords[0];
    assert.equal(plain(record?.body), "GET /x?y 201");
    assert.deepEqual(plainPairs(record?.attributes ?? []), {
      flags: "-",
      nested: { code: "201" },
      list: ["a", "HTTP/1.1"],
    });
    assert.ok((record?.timeUnixNano ?? 0n) > 1_700_000_000_000_000_000n);
  } finally {
    await proxy.stop();
    await collector.close();
  }
});
