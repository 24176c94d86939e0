import { httpBootstrap, httpOptions, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { exchanges } from "../exchange.ts";

const PRESERVE = `header_key_format:
  stateful_formatter:
    name: preserve_case
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig`;

/** A cluster of the first upstream; `http1`: its Http1ProtocolOptions. */
function spokenTo(name: string, http1: string, common = ""): string {
  const both = `${common === "" ? "" : `common_http_protocol_options: ${common}`}
explicit_http_config:
  http_protocol_options:
${indent(http1, 4)}`;
  return staticCluster(name, ["{{upstream}}"], httpOptions(both));
}

const ROUTES = (...clusters: string[]): string =>
  clusters.map((name) => `- { match: { prefix: "/${name}" }, route: { cluster: ${name} } }`).join("\n");

function get(path: string, ...fields: string[]): string {
  return `GET ${path} HTTP/1.1\r\nhost: example.test\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}

export const HTTP1_OPTIONS_CASES: readonly ConformanceCase[] = [
  {
    title: "header names keep the spelling of the peer, or are proper-cased towards upstreams",
    yaml: httpBootstrap({
      hcm: `http_protocol_options:\n${indent(`${PRESERVE}\n      forward_reason_phrase: true\n      formatter_type_on_envoy_headers: PROPER_CASE`, 2)}`,
      routes: ROUTES("preserved", "proper", "plain"),
      clusters:
        spokenTo("preserved", `${PRESERVE}\n      forward_reason_phrase: true`) +
        spokenTo("proper", "header_key_format: { proper_case_words: {} }") +
        spokenTo("plain", "enable_trailers: false"),
    }),
    reply: {
      raw: "HTTP/1.1 200 Quite Fine\r\nX-Some-Header: 1\r\nx-oTHER: 2\r\nContent-LENGTH: 2\r\n\r\nok",
    },
    observe: (target) =>
      exchanges(target, {
        preserved: get("/preserved", "X-cUSTOM: 1", "x-CUSTOM: 2", "Accept: */*"),
        proper: get("/proper", "X-cUSTOM: 1", "x_odd-name.v2: 2"),
        plain: get("/plain", "X-cUSTOM: 1"),
        post: "POST /preserved HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      }),
  },
  {
    title: "a length beside chunks, absolute targets, odd methods and upgrades are taken as configured",
    yaml: httpBootstrap({
      hcm: `delayed_close_timeout: 0.1s
http_protocol_options:
  allow_chunked_length: true
  allow_absolute_url: false
  allow_custom_methods: true
  use_balsa_parser: true
  ignore_http_11_upgrade: [{ prefix: TLS }, { exact: other }]
upgrade_configs: [{ upgrade_type: websocket }]`,
      routes: `- { match: { prefix: "/bad" }, direct_response: { status: 400 } }\n${ROUTES("full", "length")}`,
      clusters:
        spokenTo("full", "send_fully_qualified_url: true") + spokenTo("length", "allow_chunked_length: true"),
    }),
    reply: (request) =>
      request.target === "/length"
        ? {
            raw: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
          }
        : { body: request.method },
    observe: (target) =>
      exchanges(target, {
        both: "POST /full HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        answeredByBoth: get("/length"),
        full: get("/full?a=b"),
        options: "OPTIONS /full HTTP/1.1\r\nhost: a\r\n\r\n",
        custom: "BREW /full HTTP/1.1\r\nhost: a\r\n\r\n",
        absolute: "GET http://other.test/full HTTP/1.1\r\nhost: a\r\n\r\n",
        ignored: get("/full", "connection: Upgrade, keep-alive", "upgrade: TLS/1.2"),
        ignoredAll: get("/full", "connection: upgrade", "upgrade: TLS/1.2, other"),
        refused: get("/full", "connection: upgrade", "upgrade: foo"),
        bad: get("/bad"),
        headNoRoute: get("/none"),
      }),
  },
  {
    title: "our own 400 keeps the connection where configured",
    yaml: httpBootstrap({
      hcm: "delayed_close_timeout: 0.1s\nhttp_protocol_options: { override_stream_error_on_invalid_http_message: true }",
      routes: `- { match: { prefix: "/bad" }, direct_response: { status: 400 } }`,
    }),
    observe: (target) =>
      exchanges(target, {
        bad: get("/bad"),
        noHost: "GET / HTTP/1.1\r\n\r\n",
        garbage: "GET\r\n\r\n",
      }),
  },
  {
    title: "names with underscores in responses, and responses with too many headers",
    yaml: httpBootstrap({
      routes: ROUTES("drops", "rejects", "counts", "measures"),
      clusters:
        spokenTo("drops", "enable_trailers: false", "{ headers_with_underscores_action: DROP_HEADER }") +
        spokenTo("rejects", "enable_trailers: false", "{ headers_with_underscores_action: REJECT_REQUEST }") +
        spokenTo("counts", "enable_trailers: false", "{ max_headers_count: 3 }") +
        spokenTo("measures", "enable_trailers: false", "{ max_response_headers_kb: 1 }"),
    }),
    reply: (request) => ({
      headers: [
        ["x_odd", "1"],
        ["x-a", request.target === "/measures" ? "v".repeat(2000) : "2"],
        ["x-b", "3"],
        ["x-c", "3"],
      ],
      body: "ok",
    }),
    requests: ["/drops", "/rejects", "/counts", "/measures"].map((path) => ({ path })),
    stats: ["cluster.rejects.upstream_cx_protocol_error", "cluster.counts.upstream_cx_protocol_error"],
  },
  {
    title: "what follows an offer of WebSocket waits for the answer",
    yaml: httpBootstrap({
      hcm: "upgrade_configs: [{ upgrade_type: websocket }]\ndelayed_close_timeout: 0.1s",
    }),
    reply: (request) => ({
      status: Number(request.target.slice(1, 4)),
      headers: [["x-why", "old"]],
      body: request.body.length > 0 ? `got ${request.body.toString("latin1")}` : "upgrade yourself",
    }),
    observe: (target) =>
      exchanges(target, {
        lower: get("/200", "connection: upgrade", "upgrade: websocket"),
        created: get("/201", "connection: upgrade", "upgrade: websocket"),
        refused: get("/403", "connection: upgrade", "upgrade: websocket"),
        outdated: `${get("/426", "connection: upgrade", "upgrade: websocket")}early`,
        early: `${get("/200", "connection: upgrade", "upgrade: websocket")}early`,
        mixed: get("/200", "connection: Upgrade", "upgrade: WebSocket"),
        also: get("/200", "connection: keep-alive, Upgrade", "upgrade: websocket"),
      }),
  },
];
