import { setTimeout as wait } from "node:timers/promises";
import { fileLog, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { scriptedTcp, session } from "../tcp-session.ts";

const FORMAT =
  "%UPSTREAM_CLUSTER% flags=%RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %PROTOCOL% host=%UPSTREAM_HOST% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% ms=%DURATION% id=%STREAM_ID%";

/** A listener whose TCP proxy has these fields; its lines go to access.log. */
function tcpListener(name: string, fields: string, before = "", listener = ""): string {
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
${indent(listener, 2)}
  filter_chains:
    - filters:
${indent(before, 8)}
        - name: tcp
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: ${name}
${indent(fields, 12)}
            access_log: ${fileLog(`${name} ${FORMAT}`)}
`;
}

function tcpBootstrap(listeners: readonly string[], clusters = ""): string {
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listeners.join(""), 4)}
  clusters:
${indent(
  staticCluster("one", ["{{tcp}}"]) +
    staticCluster("two", ["{{tcp}}"]) +
    staticCluster("dead", ["{{dead}}"]) +
    clusters,
  4,
)}
`;
}

const upstreamSaw: string[] = [];

export const TCP_PROXY_CASES: readonly ConformanceCase[] = [
  {
    title: "a TCP proxy passes bytes and half-closes both ways, and tells in its log how a session ended",
    yaml: tcpBootstrap(
      [
        tcpListener("main", "cluster: one"),
        tcpListener("idle", "cluster: one\nidle_timeout: 0.3s"),
        tcpListener("short", "cluster: one\nmax_downstream_connection_duration: 0.3s"),
        tcpListener("refused", "cluster: dead"),
        tcpListener("again", "cluster: dead\nmax_connect_attempts: 3"),
        tcpListener(
          "later",
          "cluster: dead\nmax_connect_attempts: 2\nbackoff_options: { base_interval: 0.01s }",
        ),
        tcpListener("none", "cluster: empty"),
        tcpListener("unknown", "cluster: unknown"),
        tcpListener("full", "cluster: full"),
        tcpListener(
          "weighted",
          "weighted_clusters: { clusters: [{ name: one, weight: 1 }, { name: one, weight: 2 }] }\nidle_timeout: 0s",
        ),
        tcpListener("early", "cluster: one\naccess_log_options: { flush_access_log_on_connected: true }"),
      ],
      `${staticCluster("full", ["{{tcp}}"], "circuit_breakers: { thresholds: [{ max_connections: 0 }] }")}
- { name: empty, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: empty } }`,
    ),
    tcp: scriptedTcp((what) => upstreamSaw.push(what)),
    observe: async ({ proxy, port }) => {
      upstreamSaw.length = 0;
      const seen: Record<string, unknown> = {};
      const run = async (name: string, at: string | number, options: Parameters<typeof session>[1]) => {
        const to = typeof at === "number" ? at : await proxy.listenerPort(at);
        seen[name] = await session(to, options);
        await wait(100);
        seen[`${name} upstream`] = upstreamSaw.splice(0);
      };
      await run("echo", port, { send: "echo\nabc", end: true });
      await run("the upstream ends first", port, { send: "bye\n" });
      await run("the client ends first", port, { send: "late\n", end: true });
      await run("the upstream closes", port, { send: "close\n" });
      await run("the upstream resets", port, { send: "reset\n" });
      await run("the client resets", port, { send: "hello\n", reset: true });
      await run("the client goes", port, { send: "hello\n", until: "hello" });
      await run("idle", "idle", { send: "echo\nx" });
      await run("duration", "short", { send: "echo\nx" });
      for (const name of ["refused", "again", "later", "none", "unknown", "full"]) await run(name, name, {});
      await run("weighted", "weighted", { send: "echo\nx", end: true });
      await run("early", "early", { send: "echo\nx", end: true });
      return seen;
    },
    stats: [
      ...["main", "idle", "short", "refused", "unknown"].flatMap((name) =>
        [
          "downstream_cx_total",
          "downstream_cx_no_route",
          "downstream_cx_rx_bytes_total",
          "downstream_cx_tx_bytes_total",
          "idle_timeout",
          "max_downstream_connection_duration",
          "upstream_flush_total",
          "upstream_flush_active",
        ].map((stat) => `tcp.${name}.${stat}`),
      ),
      ...["one", "dead", "full", "empty"].flatMap((name) =>
        [
          "upstream_cx_total",
          "upstream_cx_active",
          "upstream_cx_connect_fail",
          "upstream_cx_connect_attempts_exceeded",
          "upstream_cx_none_healthy",
          "upstream_cx_overflow",
          "upstream_cx_destroy",
          "upstream_cx_destroy_local",
          "upstream_cx_destroy_remote",
          "upstream_cx_destroy_with_active_rq",
          "upstream_cx_destroy_local_with_active_rq",
          "upstream_cx_destroy_remote_with_active_rq",
          "upstream_cx_rx_bytes_total",
          "upstream_cx_tx_bytes_total",
          "upstream_rq_total",
          "upstream_rq_active",
          "upstream_rq_pending_total",
          "upstream_rq_pending_active",
          "upstream_rq_pending_failure_eject",
          "upstream_rq_cancelled",
        ].map((stat) => `cluster.${name}.${stat}`),
      ),
    ],
    accessLog: { file: "access.log", lines: 18 },
  },
];
