import { fromBinary, toJson } from "@bufbuild/protobuf";
import { waitFor } from "@sluice/harness";
import { ExportLogsServiceRequestSchema } from "@sluice/xds/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js";
import { type KeyValue, KeyValueSchema } from "@sluice/xds/gen/opentelemetry/proto/common/v1/common_pb.js";
import { httpBootstrap, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { filterState } from "../tcp-bootstrap.ts";

const DETECTORS = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3";

const pairs = (list: readonly KeyValue[] = []): readonly string[] =>
  list.map(({ key, value }) => `${key}=${String(value?.value.value)}`).sort();

export const OTLP_LOG_CASES: readonly ConformanceCase[] = [
  {
    title: "log records go to an HTTP service, with tags of their own and the resource's detected attributes",
    yaml: httpBootstrap({
      hcm: `access_log:
  - name: otlp
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig
      http_service:
        http_uri: { uri: "http://collector.test:4318/v1/logs", cluster: two, timeout: 5s }
        request_headers_to_add: [{ header: { key: X-Token, value: secret } }]
      buffer_flush_interval: 0.05s
      log_name: edge
      resource_detectors:
        - { name: fixed, typed_config: { "@type": ${DETECTORS}.StaticConfigResourceDetectorConfig, attributes: { log_name: detected, team: edge, tier: one } } }
      resource_attributes:
        values:
          - { key: team, value: { string_value: core } }
          - { key: tier, value: { int_value: 2 } }
          - { key: zone_name, value: { bool_value: true } }
          - { key: share, value: { double_value: 0.5 } }
          - { key: octets, value: { bytes_value: AAEC } }
          - { key: list, value: { array_value: { values: [{ int_value: 1 }, { string_value: "%PROTOCOL%" }] } } }
          - { key: map, value: { kvlist_value: { values: [{ key: inner, value: { bool_value: false } }] } } }
          - { key: empty, value: { string_value: "" } }
          - { key: none }
      body: { string_value: "%REQ(:PATH)%" }
      attributes: { values: [{ key: code, value: { string_value: "%RESPONSE_CODE%" } }] }
      custom_tags:
        - { tag: fixed, literal: { value: here } }
        - { tag: agent, request_header: { name: x-agent } }
        - { tag: usual, request_header: { name: x-none, default_value: none } }
        - { tag: empty, request_header: { name: x-none } }
        - { tag: format, value: "%PROTOCOL% %REQ(X-NONE)%" }`,
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      await target.send({ path: "/logged", headers: [["x-agent", "curl"]] });
      await waitFor("log records", () => target.upstream2.requests.some(({ complete }) => complete));
      const [request] = target.upstream2.requests;
      const body = fromBinary(ExportLogsServiceRequestSchema, request?.body ?? Buffer.alloc(0));
      const field = (name: string) => request?.fields.find(([each]) => each.toLowerCase() === name)?.[1];
      const [logs] = body.resourceLogs;
      const [record] = logs?.scopeLogs[0]?.logRecords ?? [];
      return {
        line: `${request?.method} ${request?.target}`,
        host: field("host"),
        type: field("content-type"),
        token: field("x-token"),
        resource: logs?.resource?.attributes
          .map((each) => JSON.stringify(toJson(KeyValueSchema, each)))
          .sort(),
        body: String(record?.body?.value.value),
        attributes: pairs(record?.attributes),
      };
    },
    stats: [
      "http.async-client.rq_total",
      ...[
        "cx_total",
        "cx_http1_total",
        "rq_total",
        "rq_200",
        "rq_completed",
        "rq_pending_total",
        "rq_active",
      ].map((stat) => `cluster.two.upstream_${stat}`),
      "cluster.two.internal.upstream_rq_200",
    ],
  },
  {
    title: "log records carry objects of the filter state, as JSON",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
${indent(filterState("team", 'say \\"hi\\"'), 12)}
            - name: tcp
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                stat_prefix: main
                cluster: one
                access_log:
                  - name: otlp
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig
                      http_service: { http_uri: { uri: "http://collector.test/v1/logs", cluster: two, timeout: 5s } }
                      buffer_flush_interval: 0.05s
                      log_name: edge
                      filter_state_objects_to_log: [team, none]
  clusters:
${indent(staticCluster("one", ["{{upstream}}"]) + staticCluster("two", ["{{upstream2}}"]), 4)}
`,
    ignoreUpstream: true,
    observe: async (target) => {
      await target.send({ path: "/logged" });
      await waitFor("log records", () => target.upstream2.requests.some(({ complete }) => complete));
      const [request] = target.upstream2.requests;
      const body = fromBinary(ExportLogsServiceRequestSchema, request?.body ?? Buffer.alloc(0));
      return pairs(body.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.attributes);
    },
  },
];
