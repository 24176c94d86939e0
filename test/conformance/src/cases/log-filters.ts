import { setTimeout as wait } from "node:timers/promises";
import { waitFor } from "@sluice/harness";
import { indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { linesOf } from "../log-lines.ts";
import { scriptedTcp, session } from "../tcp-session.ts";

/** Filters of a TCP proxy's access log, each with a log of its own. */
const FILTERS: Readonly<Record<string, string>> = {
  status_eq_0: "status_code_filter: { comparison: { op: EQ, value: { default_value: 0, runtime_key: k } } }",
  status_ge_1: "status_code_filter: { comparison: { op: GE, value: { default_value: 1, runtime_key: k } } }",
  status_le_0: "status_code_filter: { comparison: { op: LE, value: { default_value: 0, runtime_key: k } } }",
  status_ne_0: "status_code_filter: { comparison: { op: NE, value: { default_value: 0, runtime_key: k } } }",
  duration_ge_200:
    "duration_filter: { comparison: { op: GE, value: { default_value: 200, runtime_key: k } } }",
  duration_le_200:
    "duration_filter: { comparison: { op: LE, value: { default_value: 200, runtime_key: k } } }",
  duration_by_runtime:
    "duration_filter: { comparison: { op: GE, value: { default_value: 0, runtime_key: limit } } }",
  flags: "response_flag_filter: {}",
  flag_uf: "response_flag_filter: { flags: [UF, NR] }",
  no_health_check: "not_health_check_filter: {}",
  traceable: "traceable_filter: {}",
  runtime_0: "runtime_filter: { runtime_key: none, percent_sampled: { numerator: 0 } }",
  runtime_100: "runtime_filter: { runtime_key: all, percent_sampled: { numerator: 0 } }",
  header: "header_filter: { header: { name: a, present_match: true } }",
  no_header: "header_filter: { header: { name: a, present_match: true, invert_match: true } }",
  header_empty:
    'header_filter: { header: { name: a, string_match: { exact: "" }, treat_missing_header_as_empty: true } }',
  grpc_ok: "grpc_status_filter: { statuses: [OK] }",
  grpc_unknown: "grpc_status_filter: { statuses: [UNKNOWN] }",
  grpc_none: "grpc_status_filter: {}",
  grpc_not_unknown: "grpc_status_filter: { statuses: [UNKNOWN], exclude: true }",
  type_end: "log_type_filter: { types: [TcpConnectionEnd] }",
  type_start: "log_type_filter: { types: [TcpConnectionStart, TcpUpstreamConnected] }",
  type_not_end: "log_type_filter: { types: [TcpConnectionEnd, TcpPeriodic], exclude: true }",
  type_none: "log_type_filter: { exclude: true }",
  metadata:
    'metadata_filter: { matcher: { filter: ns, path: [{ key: k }], value: { string_match: { exact: "v" } } }, match_if_key_not_found: false }',
  metadata_other:
    'metadata_filter: { matcher: { filter: ns, path: [{ key: k }], value: { string_match: { exact: "w" } } }, match_if_key_not_found: false }',
  metadata_missing:
    'metadata_filter: { matcher: { filter: ns, path: [{ key: nothing }], value: { string_match: { exact: "v" } } } }',
  metadata_null:
    "metadata_filter: { matcher: { filter: ns, path: [{ key: nothing }], value: { null_match: {} } }, match_if_key_not_found: false }",
  metadata_absent:
    "metadata_filter: { matcher: { filter: ns, path: [{ key: nothing }], value: { present_match: false } }, match_if_key_not_found: false }",
  metadata_empty: "metadata_filter: { match_if_key_not_found: false }",
  metadata_default: "metadata_filter: {}",
  both: "and_filter: { filters: [{ response_flag_filter: {} }, { log_type_filter: { types: [TcpConnectionEnd] } }] }",
  either:
    "or_filter: { filters: [{ response_flag_filter: {} }, { log_type_filter: { types: [TcpConnectionStart] } }] }",
  nested:
    "or_filter: { filters: [{ and_filter: { filters: [{ response_flag_filter: {} }, { traceable_filter: {} }] } }, { response_flag_filter: { flags: [UF] } }] }",
};

const FILE = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const logs = Object.entries(FILTERS)
  .map(
    ([name, filter]) => `- name: file
  filter: { ${filter} }
  typed_config: { "@type": ${FILE}, path: "{{dir}}/access.log", log_format: { text_format_source: { inline_string: "${name} %UPSTREAM_CLUSTER% %ACCESS_LOG_TYPE%\\n" } } }`,
  )
  .join("\n");

const listener = (name: string, cluster: string): string => `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  listener_filters:
    - name: proxy
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
        allow_requests_without_proxy_protocol: true
        rules: [{ tlv_type: 2, on_tlv_present: { metadata_namespace: ns, key: k } }]
  filter_chains:
    - filters:
        - name: tcp
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: ${name}
            cluster: ${cluster}
            access_log_options: { flush_access_log_on_connected: true, flush_access_log_on_start: true }
            access_log:
${indent(logs, 14)}
`;

/** With a TLV of type 2 that says \`v\`. */
const HEADER = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x10\x01\x02\x03\x04\x05\x06\x07\x08\0\x6f\0\xde\x02\0\x01v";

export const LOG_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "which entries of TCP sessions each access log filter lets through",
    yaml: `
node: { id: node, cluster: nodes }
layered_runtime: { layers: [{ name: static, static_layer: { all: 100, limit: 200 } }] }
static_resources:
  listeners:
${indent(listener("main", "one") + listener("refused", "dead"), 4)}
  clusters:
${indent(staticCluster("one", ["{{tcp}}"]) + staticCluster("dead", ["{{dead}}"]), 4)}
`,
    tcp: scriptedTcp(() => {}),
    observe: async ({ proxy, port }) => {
      const seen: Record<string, readonly string[]> = {};
      let read = 0;
      const run = async (what: string, to: number, send: string, pauseMs: number) => {
        await session(to, { send: Buffer.from(send, "latin1"), waitMs: pauseMs });
        let lines: string[] = [];
        await waitFor("the log to rest", async () => {
          const before = lines.length;
          await wait(150);
          lines = linesOf(proxy, "access.log").slice(read);
          return lines.length > 0 && lines.length === before;
        });
        read += lines.length;
        seen[what] = lines.sort();
      };
      await run("quick", port, "hello, this is no header\nbye\n", 50);
      await run("slow", port, "hello, this is no header either\n", 400);
      await run("with metadata", port, `${HEADER}bye\n`, 50);
      await run("refused", await proxy.listenerPort("refused"), "no header at all", 400);
      return seen;
    },
  },
];
