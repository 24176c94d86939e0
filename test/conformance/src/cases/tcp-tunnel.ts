import { indent, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { http1TunnelPeer } from "../http1-tunnel-peer.ts";
import { http2TunnelPeer } from "../http2-tunnel-peer.ts";
import { filterState, type TcpListener, tcpBootstrap } from "../tcp-bootstrap.ts";
import { sessions } from "../tcp-session.ts";

const FORMAT =
  "%UPSTREAM_CLUSTER% flags=%RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% why=%CONNECTION_TERMINATION_DETAILS% host=%UPSTREAM_HOST% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% fail=%UPSTREAM_TRANSPORT_FAILURE_REASON% h=%FILTER_STATE(envoy.tcp_proxy.propagate_response_headers:TYPED):90% t=%FILTER_STATE(envoy.tcp_proxy.propagate_response_trailers:TYPED)% ms=%DURATION%";

/** A listener that tunnels with these fields of `tunneling_config`. */
function tunnel(name: string, tunneling: string, fields = "", before = ""): TcpListener {
  return { name, fields: `${fields}\ntunneling_config:\n${indent(tunneling, 2)}`, before };
}

const peerSaw: string[] = [];
const peer = http1TunnelPeer((what) => peerSaw.push(what));

const http2Peer = http2TunnelPeer((what) => peerSaw.push(what));
const HTTP2_CLUSTER = staticCluster("multi", ["{{tcp}}"], OVER_HTTP2);

const TCP_STATS = [
  "downstream_cx_total",
  "downstream_cx_rx_bytes_total",
  "downstream_cx_tx_bytes_total",
  "idle_timeout",
  "upstream_flush_total",
  "upstream_flush_active",
];
const POOL_STATS = [
  "upstream_cx_total",
  "upstream_cx_active",
  "upstream_cx_http1_total",
  "upstream_cx_connect_fail",
  "upstream_cx_connect_attempts_exceeded",
  "upstream_cx_destroy",
  "upstream_cx_destroy_local",
  "upstream_cx_destroy_remote",
  "upstream_cx_destroy_with_active_rq",
  "upstream_cx_protocol_error",
  "upstream_rq_total",
  "upstream_rq_active",
  "upstream_rq_pending_total",
  "upstream_rq_pending_active",
  "upstream_rq_pending_failure_eject",
  "upstream_rq_cancelled",
  "upstream_rq_rx_reset",
  "upstream_rq_tx_reset",
  "upstream_rq_200",
  "upstream_rq_503",
];
// How many octets frames take is each proxy's own.
const CLUSTER_STATS = [...POOL_STATS, "upstream_cx_rx_bytes_total", "upstream_cx_tx_bytes_total"];

export const TCP_TUNNEL_CASES: readonly ConformanceCase[] = [
  {
    title: "a TCP proxy tunnels by HTTP/1 CONNECT",
    yaml: tcpBootstrap(
      [
        tunnel("main", "hostname: ok.test:443"),
        tunnel("greeting", "hostname: greeting.test:443"),
        tunnel("closing", "hostname: closing.test:443"),
        tunnel("idle", "hostname: ok.test:443", "idle_timeout: 0.3s"),
      ],
      FORMAT,
    ),
    tcp: peer,
    observe: sessions(
      {
        "main ends": { send: "abc", end: true },
        "main waits": { send: "abc", until: "abc" },
        "main resets": { send: "abc", reset: true },
        greeting: { until: "hello" },
        closing: {},
        idle: { send: "x" },
      },
      peerSaw,
    ),
    stats: [
      ...TCP_STATS.map((stat) => `tcp.main.${stat}`),
      ...TCP_STATS.map((stat) => `tcp.idle.${stat}`),
      ...CLUSTER_STATS.map((stat) => `cluster.one.${stat}`),
    ],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "which answers to an HTTP/1 CONNECT a TCP proxy takes for success, and how often it tries again",
    yaml: tcpBootstrap(
      [
        tunnel("main", "hostname: refused.test:443"),
        tunnel("again", "hostname: refused.test:443", "max_connect_attempts: 3"),
        ...["created", "nothing", "sized", "chunked", "moved", "interim", "rubbish"].map((name) =>
          tunnel(name, `hostname: ${name}.test:443`),
        ),
        tunnel("dead", "hostname: ok.test:443", "cluster: dead"),
      ],
      FORMAT,
    ),
    tcp: peer,
    observe: sessions(
      {
        main: {},
        again: {},
        created: { send: "abc", until: "abc" },
        nothing: { send: "abc", until: "abc" },
        sized: { send: "xyz", until: "xyz" },
        chunked: { send: "xyz", until: "xyz" },
        moved: {},
        interim: { send: "abc", until: "abc" },
        rubbish: {},
        dead: {},
      },
      peerSaw,
    ),
    stats: CLUSTER_STATS.map((stat) => `cluster.one.${stat}`),
    accessLog: { file: "access.log", lines: 10 },
  },
  {
    title: "a TCP proxy's tunnel by HTTP/1 POST, its headers and its host from the connection",
    yaml: tcpBootstrap(
      [
        tunnel("main", "hostname: ok.test\nuse_post: true"),
        tunnel("path", "hostname: ok.test\nuse_post: true\npost_path: /tunnel"),
        tunnel(
          "headers",
          `hostname: "ok.%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%:%FILTER_STATE(k:PLAIN)%"
propagate_response_headers: true
propagate_response_trailers: true
headers_to_add:
  - header: { key: x-client, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }
  - header: { key: x-empty, value: "%REQUESTED_SERVER_NAME%" }
  - header: { key: x-twice, value: "1" }
  - header: { key: x-twice, value: "2" }`,
          "",
          filterState("k", "99"),
        ),
      ],
      FORMAT,
    ),
    tcp: peer,
    observe: sessions(
      {
        main: { send: "abc", until: "abc" },
        "main ends": { send: "abc", end: true },
        path: { send: "abc", until: "abc" },
        headers: { send: "abc", until: "abc" },
      },
      peerSaw,
    ),
    accessLog: { file: "access.log", lines: 4 },
  },
  {
    title: "a TCP proxy tunnels by HTTP/2 CONNECT, with half-closes both ways",
    yaml: tcpBootstrap(
      [
        ["main", "ok"],
        ["greeting", "greeting"],
        ["closing", "closing"],
        ["broken", "broken"],
        ["trailers", "trailers"],
      ].map(([name = "", host]) =>
        tunnel(
          name,
          `hostname: ${host}.test:443\npropagate_response_headers: true\npropagate_response_trailers: true`,
          "cluster: multi",
        ),
      ),
      FORMAT,
      HTTP2_CLUSTER,
    ),
    tcp: http2Peer,
    observe: sessions(
      {
        "main ends": { send: "abc", end: true },
        "main waits": { send: "abc", until: "abc" },
        "main resets": { send: "abc", reset: true },
        greeting: { until: "hello" },
        closing: {},
        broken: { send: "abc" },
        trailers: { send: "abc", end: true },
      },
      peerSaw,
    ),
    stats: [
      ...TCP_STATS.map((stat) => `tcp.main.${stat}`),
      ...POOL_STATS.map((stat) => `cluster.multi.${stat}`),
    ],
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "which answers to an HTTP/2 CONNECT a TCP proxy takes for success, and how often it tries again",
    yaml: tcpBootstrap(
      [
        tunnel("main", "hostname: refused.test:443", "cluster: multi"),
        tunnel("again", "hostname: refused.test:443", "cluster: multi\nmax_connect_attempts: 3"),
        ...["created", "reset", "headless"].map((name) =>
          tunnel(name, `hostname: ${name}.test:443`, "cluster: multi"),
        ),
      ],
      FORMAT,
      HTTP2_CLUSTER,
    ),
    tcp: http2Peer,
    observe: sessions(
      {
        main: {},
        again: {},
        created: {},
        reset: {},
        headless: {},
      },
      peerSaw,
    ),
    stats: POOL_STATS.map((stat) => `cluster.multi.${stat}`),
    accessLog: { file: "access.log", lines: 5 },
  },
  {
    title: "a TCP proxy's tunnel by HTTP/2 POST",
    yaml: tcpBootstrap(
      [
        tunnel("main", "hostname: ok.test\nuse_post: true", "cluster: multi"),
        tunnel(
          "path",
          `hostname: trailers.test
use_post: true
post_path: /tunnel?a=b
propagate_response_trailers: true
headers_to_add: [{ header: { key: x-a, value: "1" } }]`,
          "cluster: multi",
        ),
      ],
      FORMAT,
      HTTP2_CLUSTER,
    ),
    tcp: http2Peer,
    observe: sessions({ main: { send: "abc", end: true }, path: { send: "abc", end: true } }, peerSaw),
    accessLog: { file: "access.log", lines: 2 },
  },
];
