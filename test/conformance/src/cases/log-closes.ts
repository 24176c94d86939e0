import { setTimeout as wait } from "node:timers/promises";
import { connectRaw } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { logLines } from "../log-lines.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { type Session, scriptedTcp, session } from "../tcp-session.ts";

const ENDED =
  "down=%DOWNSTREAM_DETECTED_CLOSE_TYPE%/%DOWNSTREAM_LOCAL_CLOSE_REASON% up=%UPSTREAM_DETECTED_CLOSE_TYPE%/%UPSTREAM_LOCAL_CLOSE_REASON% details=%CONNECTION_TERMINATION_DETAILS% %RESPONSE_FLAGS%";

const log = (name: string, operators = ""): string =>
  `access_log: ${fileLog(`${name} ${operators}${ENDED}`)}`;

const SESSIONS: readonly (readonly [listener: string, Session])[] = [
  ["main", { send: "echo\nabc", end: true }],
  ["main", { send: "bye\n" }],
  ["main", { send: "close\n" }],
  ["main", { send: "reset\n" }],
  ["main", { send: "hello\n", reset: true }],
  ["main", { send: "hello\n", until: "hello" }],
  ["idle", { send: "echo\nx" }],
  ["short", { send: "echo\nx" }],
  ["refused", {}],
  ["none", {}],
  ["unknown", {}],
  ["full", {}],
  ["early", { send: "bye\n" }],
];

const REPLIES: Readonly<Record<string, object>> = {
  "/reset": { octets: 0, afterwards: "reset" },
  "/cut": { body: "0123456789", octets: 45, afterwards: "close" },
  "/cut-reset": { body: "0123456789", octets: 60, afterwards: "reset" },
  "/slow": { delayMs: 1_000, body: "slow" },
  "/close": { headers: [["connection", "close"]], body: "bye" },
};

const HCM =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const NETWORK = "type.googleapis.com/envoy.extensions.filters.network";

const hcm = (fields: string): string =>
  `{ name: hcm, typed_config: { "@type": ${HCM}, stat_prefix: hcm, ${fields}, route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: / }, direct_response: { status: 204 } }] }] }, http_filters: [{ name: r, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }] } }`;
const echo = `{ name: echo, typed_config: { "@type": ${NETWORK}.echo.v3.Echo } }`;
const guard = (type: string, fields: string): string =>
  `{ name: guard, typed_config: { "@type": ${NETWORK}.${type}, ${fields} } }, ${echo}`;

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/** Listeners whose connections this side ends, and what is sent to them. */
const ENDED_HERE: Readonly<Record<string, readonly [filters: string, send: string]>> = {
  main: [hcm("codec_type: HTTP1"), "no request\r\n\r\n"],
  idle: [hcm("common_http_protocol_options: { idle_timeout: 0.2s }"), GET],
  unused: [hcm("common_http_protocol_options: { idle_timeout: 0.2s }"), ""],
  lasting: [hcm("common_http_protocol_options: { max_connection_duration: 0.2s }, drain_timeout: 0.1s"), GET],
  silent: [hcm("common_http_protocol_options: { max_connection_duration: 0.2s }, drain_timeout: 0.1s"), ""],
  head: [hcm("request_headers_timeout: 0.2s"), "GET / HTTP/1.1\r\n"],
  frames: [hcm("codec_type: HTTP2"), `${PREFACE}\0\0\x01\x01\x05\0\0\0\x01\xff`],
  preface: [hcm("codec_type: HTTP2"), "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n"],
  ping: [
    hcm(
      "codec_type: HTTP2, http2_protocol_options: { connection_keepalive: { interval: 0.2s, timeout: 0.1s } }",
    ),
    PREFACE,
  ],
  idle2: [
    hcm("codec_type: HTTP2, common_http_protocol_options: { idle_timeout: 0.2s }, drain_timeout: 0.1s"),
    PREFACE,
  ],
  direct: [
    `{ name: d, typed_config: { "@type": ${NETWORK}.direct_response.v3.Config, response: { inline_string: gone } } }`,
    "",
  ],
  denied: [guard("rbac.v3.RBAC", "stat_prefix: d, rules: { action: ALLOW, policies: {} }"), "x"],
  bucket: [
    guard(
      "local_ratelimit.v3.LocalRateLimit",
      "stat_prefix: b, token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: 100s }",
    ),
    "x",
  ],
};

export const LOG_CLOSE_CASES: readonly ConformanceCase[] = [
  {
    title: "how both connections of a TCP session were closed, and why",
    yaml: tcpBootstrap(
      [
        { name: "main" },
        { name: "idle", fields: "idle_timeout: 0.3s" },
        { name: "short", fields: "max_downstream_connection_duration: 0.3s" },
        { name: "refused", fields: "cluster: dead" },
        { name: "none", fields: "cluster: empty" },
        { name: "unknown", fields: "cluster: unknown" },
        { name: "full", fields: "cluster: full" },
        { name: "early", fields: "access_log_options: { flush_access_log_on_connected: true }" },
      ],
      ENDED,
      `${staticCluster("full", ["{{tcp}}"], "circuit_breakers: { thresholds: [{ max_connections: 0 }] }")}
- { name: empty, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: empty } }`,
    ).replace("  filter_chains:", `  ${log("listener")}\n      filter_chains:`),
    tcp: scriptedTcp(() => {}),
    observe: async ({ proxy }) => {
      for (const [name, options] of SESSIONS) {
        await session(await proxy.listenerPort(name), options);
        await wait(100);
      }
      return null;
    },
    accessLog: { file: "access.log", lines: SESSIONS.length + 1 + 6 },
  },
  {
    title: "how the connections of a request were closed, and why",
    yaml: httpBootstrap({
      routes: `
- { match: { path: /dead }, route: { cluster: dead } }
- { match: { path: /late }, route: { cluster: one, timeout: 0.2s } }
- { match: { path: /none }, route: { cluster: none } }
- { match: { path: /direct }, direct_response: { status: 204 } }
- { match: { prefix: / }, route: { cluster: one } }
`,
      clusters: staticCluster("none", []),
      hcm: log("stream", "%REQ(:path)% "),
      listener: log("listener"),
      httpFilters: `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, ${log("try").replace("access_log", "upstream_log")} }`,
    }),
    reply: (request) =>
      REPLIES[request.target] ??
      (request.target === "/late" ? { delayMs: 1_000, body: "late" } : { body: "one" }),
    requests: ["/one", "/close", "/dead", "/none", "/direct", "/reset", "/cut", "/cut-reset", "/late"].map(
      (path) => ({
        path,
        headers: path === "/one" ? [] : [["connection", "close"]],
      }),
    ),
    observe: async ({ port }) => {
      await wait(200);
      for (const how of ["reset", "fin"]) {
        const connection = await connectRaw(port);
        connection.write(Buffer.from(`GET /slow?${how} HTTP/1.1\r\nhost: a\r\n\r\n`));
        await wait(200);
        if (how === "reset") connection.reset();
        else connection.destroy();
        await wait(200);
      }
      return null;
    },
    accessLog: { file: "access.log", lines: 31 },
  },
  {
    title: "why this side ended a connection",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${Object.entries(ENDED_HERE)
  .map(
    ([name, [filters]]) => `  - name: ${name}
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    ${log(name)}
    filter_chains: [{ filters: [${filters}] }]
`,
  )
  .join("")}`,
    observe: async ({ proxy }) => {
      for (const [name, [, send]] of Object.entries(ENDED_HERE)) {
        const port = await proxy.listenerPort(name);
        const bytes = send === "" ? {} : { send: Buffer.from(send, "latin1") };
        if (name === "bucket") await session(port, { ...bytes, until: send });
        await session(port, { ...bytes, waitMs: 800 });
        await wait(50);
      }
      const lines = await logLines(proxy, "access.log", Object.keys(ENDED_HERE).length + 1);
      // What a codec has to say of an error is its own. Two connections of one listener may end in either order.
      return lines.map((line) => line.replace(/codec_error:\S+/, "codec_error:<text>")).sort();
    },
  },
];
