import type { ConformanceCase } from "../conformance-case.ts";
import { filterState, tcpBootstrap } from "../tcp-bootstrap.ts";
import { scriptedTcp, session, sessions } from "../tcp-session.ts";

const FORMAT =
  "%UPSTREAM_CLUSTER% flags=%RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% why=%CONNECTION_TERMINATION_DETAILS% host=%UPSTREAM_HOST% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% ms=%DURATION%";

const upstreamSaw: string[] = [];
const upstream = scriptedTcp((what) => upstreamSaw.push(what));

const CLUSTER_STATS = [
  "upstream_cx_total",
  "upstream_cx_connect_fail",
  "upstream_rq_total",
  "upstream_cx_tx_bytes_total",
];
const TCP_STATS = [
  "downstream_cx_total",
  "downstream_cx_rx_bytes_total",
  "downstream_cx_tx_bytes_total",
  "early_data_received_count_total",
  "idle_timeout",
  "downstream_flow_control_paused_reading_total",
  "downstream_flow_control_resumed_reading_total",
];
const ON_DATA = "upstream_connect_mode: ON_DOWNSTREAM_DATA";

export const TCP_EARLY_DATA_CASES: readonly ConformanceCase[] = [
  {
    title: "a TCP proxy that connects only when the client has sent something, and keeps that",
    yaml: tcpBootstrap(
      [
        { name: "main", fields: `${ON_DATA}\nmax_early_data_bytes: 1024\nidle_timeout: 0.5s` },
        { name: "none", fields: `${ON_DATA}\nmax_early_data_bytes: 0\nidle_timeout: 0.5s` },
        { name: "immediate", fields: "max_early_data_bytes: 4\nidle_timeout: 0.5s" },
        {
          name: "handshake",
          fields: "upstream_connect_mode: ON_DOWNSTREAM_TLS_HANDSHAKE\nmax_early_data_bytes: 1024",
        },
        {
          name: "dead",
          fields: `cluster: dead\n${ON_DATA}\nmax_early_data_bytes: 1024\nmax_connect_attempts: 2`,
        },
      ],
      FORMAT,
    ),
    tcp: upstream,
    observe: sessions(
      {
        main: { send: "echo\nabc", until: "abc" },
        "main waits": {},
        "main ends at once": { end: true },
        none: { send: "echo\nabc", until: "abc" },
        immediate: { send: "echo\nabcdefghi", until: "ghi" },
        handshake: { send: "bye\n" },
        dead: { send: "abc" },
      },
      upstreamSaw,
    ),
    stats: [
      ...["main", "none", "dead"].flatMap((name) => TCP_STATS.map((stat) => `tcp.${name}.${stat}`)),
      ...["one", "dead"].flatMap((name) => CLUSTER_STATS.map((stat) => `cluster.${name}.${stat}`)),
    ],
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "a TCP proxy takes its idle timeout and whether to tunnel from the connection's filter state",
    yaml: tcpBootstrap(
      [
        {
          name: "main",
          before: filterState(
            "envoy.tcp_proxy.per_connection_idle_timeout_ms",
            "300",
            "envoy.tcp_proxy.per_connection_idle_timeout_ms",
          ),
        },
        {
          name: "plain",
          fields: "tunneling_config: { hostname: x }",
          before: filterState("envoy.tcp_proxy.disable_tunneling", "true", "envoy.bool"),
        },
      ],
      FORMAT,
    ),
    tcp: upstream,
    observe: sessions({ main: { send: "echo\nabc" }, plain: { send: "echo\nabc", end: true } }, upstreamSaw),
    stats: ["main", "plain"].flatMap((name) => TCP_STATS.map((stat) => `tcp.${name}.${stat}`)),
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "a TCP proxy whose sessions end when the proxy drains",
    yaml: tcpBootstrap([{ name: "main", fields: "check_drain_close: true" }, { name: "other" }], FORMAT),
    tcp: upstream,
    observe: async ({ proxy, port }) => {
      await proxy.admin("/healthcheck/fail", "POST");
      const main = await session(port, { send: "echo\nabc" });
      const other = await session(await proxy.listenerPort("other"), { send: "echo\nabc", until: "abc" });
      return { main, other };
    },
    stats: ["tcp.main.downstream_cx_drain_close", "tcp.other.downstream_cx_drain_close"],
    accessLog: { file: "access.log", lines: 2 },
  },
];
