import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, waitFor } from "@sluice/harness";
import { fileLog, indent } from "../bootstrap.ts";
import { clientHello } from "../client-hello.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { type Session, session } from "../tcp-session.ts";

/** A chain that answers with its own name. */
function chain(name: string, match = "", more = ""): string {
  return `- name: ${name}
${indent(match === "" ? "" : `filter_chain_match: ${match}`, 2)}
${indent(more, 2)}
  filters:
    - name: direct
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config
        response: { inline_string: "${name}" }
`;
}

function listener(name: string, chains: string, filters = "", more = ""): string {
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
${indent(more, 2)}
${indent(filters === "" ? "" : `listener_filters:\n${indent(filters, 2)}`, 2)}
  filter_chains:
${indent(chains, 4)}
`;
}

function listenerFilter(name: string, type: string, fields = "", more = ""): string {
  return `- name: envoy.filters.listener.${name}
${indent(more, 2)}
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.listener.${name}.v3.${type}
${indent(fields, 4)}
`;
}

const TLS_INSPECTOR = listenerFilter("tls_inspector", "TlsInspector");
const HTTP_INSPECTOR = listenerFilter("http_inspector", "HttpInspector");

const FACTS = [
  chain("port9", "{ destination_port: 9 }"),
  chain("sni-a", "{ server_names: [a.test], transport_protocol: tls }"),
  chain("sni-wild", '{ server_names: ["*.a.test"] }'),
  chain("alpn-h2", "{ application_protocols: [h2] }"),
  chain("tls", "{ transport_protocol: tls }"),
  chain("http11", "{ application_protocols: [http/1.1] }"),
  chain("http10", "{ application_protocols: [http/1.0] }"),
  chain("h2c", "{ application_protocols: [h2c] }"),
  chain("from-2", "{ source_prefix_ranges: [{ address_prefix: 127.0.0.2, prefix_len: 32 }] }"),
  chain("plain", "{ transport_protocol: raw_buffer, source_type: SAME_IP_OR_LOOPBACK }"),
].join("");

const PROXY_1 = "PROXY TCP4 1.2.3.4 5.6.7.8 111 222\r\n";
const V2 = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** A PROXY header of version 2. */
function version2(versionAndCommand: number, family: number, rest: readonly number[]): Buffer {
  return Buffer.concat([
    V2,
    Buffer.from([versionAndCommand, family, rest.length >> 8, rest.length & 255, ...rest]),
  ]);
}
const IPV4 = [1, 2, 3, 4, 5, 6, 7, 8, 0, 111, 0, 222];
const IPV6 = [...Array<number>(15).fill(0), 1, 0x20, 1, 0xd, 0xb8, ...Array<number>(12).fill(0), 0, 1, 0, 2];
const AUTHORITY_TLV = [2, 0, 3, 0x61, 0x62, 0x63, 0xe0, 0, 2, 0x78, 0xff, 0xe1, 0, 2, 0x78, 0xff];

function proxyProtocol(fields: string): string {
  return listenerFilter("proxy_protocol", "ProxyProtocol", fields);
}

const RULES = `rules:
  - { tlv_type: 2, on_tlv_present: { key: authority } }
  - { tlv_type: 224, on_tlv_present: { metadata_namespace: ns, key: other, value_string_encoding: SANITIZED_UTF8 } }
  - { tlv_type: 225, on_tlv_present: { metadata_namespace: ns, key: third, value_string_encoding: BASE64 } }`;

const LOG_FORMAT =
  "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT% %DYNAMIC_METADATA(envoy.filters.listener.proxy_protocol:authority)% %DYNAMIC_METADATA(ns:other)% %DYNAMIC_METADATA(ns:third)%";

/** A listener whose TCP proxy leads nowhere, for its access log. */
function logged(name: string, filters: string): string {
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  listener_filters:
${indent(filters, 4)}
  filter_chains:
    - filters:
        - name: tcp
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: ${name}
            cluster: none
            access_log: ${fileLog(`${name} ${LOG_FORMAT}`)}
`;
}

function bootstrap(listeners: readonly string[]): string {
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listeners.join(""), 4)}
`;
}

export const LISTENER_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "filter chains are chosen by what listener filters find out",
    yaml: bootstrap([
      listener("main", FACTS, TLS_INSPECTOR + HTTP_INSPECTOR, "listener_filters_timeout: 0.5s"),
      listener("inspects", chain("a", "{ server_names: [a.test] }") + chain("rest")),
      listener(
        "onwards",
        chain("tls", "{ transport_protocol: tls }") + chain("rest"),
        TLS_INSPECTOR,
        "listener_filters_timeout: 0.3s\ncontinue_on_listener_filters_timeout: true",
      ),
      listener(
        "disabled",
        chain("tls", "{ transport_protocol: tls }") + chain("rest"),
        listenerFilter(
          "tls_inspector",
          "TlsInspector",
          "",
          "filter_disabled: { and_match: { rules: [{ any_match: true }, { not_match: { destination_port_range: { start: 1, end: 2 } } }] } }",
        ),
      ),
      listener(
        "small",
        chain("tls", "{ transport_protocol: tls }") + chain("rest"),
        listenerFilter("tls_inspector", "TlsInspector", "max_client_hello_size: 300"),
      ),
      listener(
        "tree",
        chain("one", "{ destination_port: 9 }") + chain("two"),
        "",
        `default_filter_chain:
${indent(chain("rest").replace("- name", "  name"), 0)}
filter_chain_matcher:
  matcher_tree:
    input: { name: source, typed_config: { "@type": type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput } }
    exact_match_map:
      map:
        "127.0.0.1": { action: { name: a, typed_config: { "@type": type.googleapis.com/google.protobuf.StringValue, value: one } } }
        "127.0.0.2": { action: { name: b, typed_config: { "@type": type.googleapis.com/google.protobuf.StringValue, value: gone } } }`,
      ),
      listener("strict", chain("only", "{ destination_port: 9 }")),
      listener("unfiltered", "- { name: empty }"),
    ]),
    observe: async ({ proxy, port }) => {
      const seen: Record<string, unknown> = {};
      const run = async (name: string, options: Session, at?: string) => {
        seen[name] = await session(at === undefined ? port : await proxy.listenerPort(at), options);
      };
      await run("SNI", { send: clientHello("a.test") });
      await run("SNI in capitals", { send: clientHello("A.TEST") });
      await run("SNI below a wildcard", { send: clientHello("x.a.test") });
      await run("SNI over many records", { send: clientHello("a.test", [], 3) });
      await run("ALPN", { send: clientHello("b.test", ["x", "h2"]) });
      await run("TLS without anything", { send: clientHello() });
      await run("HTTP/1.1", { send: "GET / HTTP/1.1\r\nhost: a\r\n\r\n" });
      await run("HTTP/1.0", { send: "GET / HTTP/1.0\r\n\r\n" });
      await run("HTTP/2", { send: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" });
      await run("garbage", { send: "garbage\r\n\r\n" });
      await run("binary", { send: Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]) });
      await run("another TLS record", { send: Buffer.from([23, 3, 1, 0, 2, 1, 0]) });
      await run("a broken ClientHello", {
        send: Buffer.concat([clientHello("a.test").subarray(0, 40), Buffer.alloc(80)]),
      });
      await run("another source", { send: "garbage\r\n\r\n", localAddress: "127.0.0.2" });
      await run("nothing, until the timeout", {});
      await run("the client leaves", { send: "GE", end: true });
      await run("no inspector by itself", { send: clientHello("a.test") }, "inspects");
      await run("no inspector by itself, plain", { send: "plain text" }, "inspects");
      await run("nothing, going on after the timeout", {}, "onwards");
      await run("disabled", { send: clientHello("a.test") }, "disabled");
      await run("too large", { send: clientHello("a".repeat(250)) }, "small");
      await run("by the tree", {}, "tree");
      await run("by the tree, to no chain", { localAddress: "127.0.0.2" }, "tree");
      await run("by the tree, by default", { localAddress: "127.0.0.3" }, "tree");
      await run("no chain", {}, "strict");
      await run("no filters", {}, "unfiltered");
      return seen;
    },
    stats: [
      ...[
        "client_hello_too_large",
        "tls_found",
        "tls_not_found",
        "alpn_found",
        "alpn_not_found",
        "sni_found",
        "sni_not_found",
      ].map((name) => `tls_inspector.${name}`),
      ...["read_error", "http10_found", "http11_found", "http2_found", "http_not_found"].map(
        (name) => `http_inspector.${name}`,
      ),
    ],
  },
  {
    title: "PROXY headers give a connection its addresses, or close it",
    yaml: bootstrap([
      logged("main", proxyProtocol(RULES)),
      logged("optional", proxyProtocol("allow_requests_without_proxy_protocol: true\nstat_prefix: opt")),
      logged("only2", proxyProtocol("disallowed_versions: [V1]\nstat_prefix: only2")),
      logged(
        "only1",
        proxyProtocol(
          "disallowed_versions: [V2]\nallow_requests_without_proxy_protocol: true\nstat_prefix: only1",
        ),
      ),
      listener(
        "chosen",
        chain(
          "five",
          "{ prefix_ranges: [{ address_prefix: 5.0.0.0, prefix_len: 8 }], destination_port: 222 }",
        ) +
          chain("one", "{ source_prefix_ranges: [{ address_prefix: 1.2.3.4, prefix_len: 32 }] }") +
          chain("rest"),
        proxyProtocol("allow_requests_without_proxy_protocol: true\nstat_prefix: chosen"),
      ),
    ]),
    observe: async ({ proxy, port }) => {
      const seen: Record<string, unknown> = {};
      const run = async (name: string, send: string | Uint8Array, at?: string) => {
        const to = at === undefined ? port : await proxy.listenerPort(at);
        seen[name] = (await session(to, { send, waitMs: 700 })).received;
        await wait(60);
      };
      await run("version 1", `${PROXY_1}hello`);
      await run("version 1, IPv6", "PROXY TCP6 1:2::3 5:6::8 111 222\r\n");
      await run("version 1, unknown", "PROXY UNKNOWN\r\n");
      await run("version 1, unknown with more", "PROXY UNKNOWN ff:: 1:: 1 2\r\n");
      await run("version 1, of another family", "PROXY TCP5 1.2.3.4 5.6.7.8 111 222\r\n");
      await run("version 1, bad address", "PROXY TCP4 1.2.3 5.6.7.8 111 222\r\n");
      await run("version 1, bad port", "PROXY TCP4 1.2.3.4 5.6.7.8 111 70000\r\n");
      await run("version 1, words missing", "PROXY TCP4 1.2.3.4\r\n");
      await run("version 1, endless", `PROXY TCP4 ${"1".repeat(200)}`);
      await run("version 1, broadcast", "PROXY TCP4 255.255.255.255 5.6.7.8 111 222\r\n");
      await run("version 1, ports with signs and zeros", "PROXY TCP4 1.2.3.4 5.6.7.8 0111 +222\r\n");
      await run("version 1, a word too many", "PROXY TCP4 1.2.3.4 5.6.7.8 111 222 3\r\n");
      await run("version 2", version2(0x21, 0x11, IPV4));
      await run("version 2, IPv6 and TLVs", version2(0x21, 0x21, [...IPV6, ...AUTHORITY_TLV]));
      await run("version 2, local", version2(0x20, 0x11, IPV4));
      await run("version 2, local without addresses", version2(0x20, 0, []));
      await run("version 2, unspecified", version2(0x21, 0, []));
      await run("version 2, UDP", version2(0x21, 0x12, IPV4));
      await run("version 2, local socket", version2(0x21, 0x31, Array<number>(216).fill(0)));
      await run("version 2, of another command", version2(0x22, 0x11, IPV4));
      await run("version 2, addresses cut off", version2(0x21, 0x11, IPV4.slice(4)));
      await run("version 2, TLV cut off", version2(0x21, 0x11, [...IPV4, 2, 0, 9, 1]));
      await run("version 3", version2(0x31, 0x11, IPV4));
      await run("none", "GET / HTTP/1.1\r\n\r\n");
      await run("none, allowed", "GET / HTTP/1.1\r\n\r\n", "optional");
      await run("a beginning alone, allowed", "PROXI", "optional");
      await run("version 1 where only 2 is allowed", PROXY_1, "only2");
      await run("version 2 where only 2 is allowed", version2(0x21, 0x11, IPV4), "only2");
      await run("version 1 where only 2 is allowed, malformed", "PROXY TCP4 1.2.3.4\r\n", "only2");
      await run("a short line where only 2 is allowed", "words\r\n\r\n", "only2");
      await run("version 2 for data", version2(0x21, 0x11, IPV4), "only1");
      await run("a short line", "words\r\n\r\n");
      await run("a short word", "words");
      await run("chain by destination", PROXY_1, "chosen");
      await run("chain by source", "PROXY TCP4 1.2.3.4 6.6.7.8 111 222\r\n", "chosen");
      await run("chain without a header", "hello there, this is no header", "chosen");
      return seen;
    },
    accessLog: { file: "access.log", lines: 14 },
    stats: ["", "opt.", "only1.", "only2."].flatMap((prefix) =>
      [
        "not_found_allowed",
        "not_found_disallowed",
        ...["v1", "v2"].flatMap((version) =>
          ["found", "disallowed", "error"].map((name) => `versions.${version}.${name}`),
        ),
      ].map((name) => `proxy_proto.${prefix}${name}`),
    ),
  },
];

const LISTENER_LOG = `access_log: ${fileLog("%LISTENER_NAME% chain=%FILTER_CHAIN_NAME% failure=%DOWNSTREAM_TRANSPORT_FAILURE_REASON% flags=%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% from=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% ms=%DURATION%")}`;

/** Whether the kernel has a keep-alive timer running for the proxy's end of a connection to `port`. */
async function keptAlive(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write("a");
  await once(socket, "data");
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, "0");
  const line = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .find((each) => each.includes(`:${hex(port)} 0100007F:${hex(socket.localPort ?? 0)} `));
  socket.destroy();
  // `tr` of "tr tm->when": 2 is the keep-alive timer.
  return line?.trim().split(/\s+/)[5]?.startsWith("02") === true;
}

const KEPT_ALIVE: Readonly<Record<string, string>> = {
  kept: "tcp_keepalive: { keepalive_time: 30, keepalive_interval: 5, keepalive_probes: 3 }",
  plain: "tcp_keepalive: {}",
  zero: "tcp_keepalive: { keepalive_time: 0 }",
  none: "",
};

export const LISTENER_CASES: readonly ConformanceCase[] = [
  {
    title: "tcp_keepalive of a listener holds for the connections that it accepts",
    yaml: bootstrap(
      ["main", ...Object.keys(KEPT_ALIVE)].map(
        (name) => `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  ${KEPT_ALIVE[name] ?? ""}
  filter_chains:
    - filters:
        - name: echo
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
`,
      ),
    ),
    observe: async ({ proxy }) => {
      const seen: Record<string, boolean> = {};
      for (const name of Object.keys(KEPT_ALIVE))
        seen[name] = await keptAlive(await proxy.listenerPort(name));
      return seen;
    },
  },
  {
    title: "a listener logs its connections and holds them to a number",
    yaml: `${bootstrap([
      listener(
        "main",
        chain("one", "{ source_prefix_ranges: [{ address_prefix: 127.0.0.1, prefix_len: 32 }] }"),
        "",
        LISTENER_LOG,
      ),
      listener(
        "waits",
        chain("any"),
        listenerFilter(
          "tls_inspector",
          "TlsInspector",
          "close_connection_on_client_hello_parsing_errors: true",
        ),
        `${LISTENER_LOG}\nlistener_filters_timeout: 0.3s`,
      ),
      `- name: limited
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  stat_prefix: limited
  filter_chains:
    - filters:
        - name: echo
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
`,
    ])}
layered_runtime:
  layers:
    - name: static
      static_layer: { envoy.resource_limits.listener.limited.connection_limit: 1 }
`,
    observe: async ({ proxy, port }) => {
      const matched = await session(port, {});
      const unmatched = await session(port, { localAddress: "127.0.0.2" });
      const waits = await proxy.listenerPort("waits");
      const silent = await session(waits, {});
      const broken = await session(waits, {
        send: Buffer.concat([clientHello("a.test").subarray(0, 40), Buffer.alloc(80)]),
      });
      await session(waits, { send: clientHello("a.test").subarray(0, 9), end: true });
      const limited = await proxy.listenerPort("limited");
      const held = await connectRaw(limited);
      held.write("a");
      const first = (await held.reader.exactly(1)).toString();
      const second = await session(limited, {});
      held.destroy();
      const active = "listener.limited.downstream_cx_active";
      const gone = async (): Promise<boolean> => (await proxy.stats(active)).get(active) === 0;
      await waitFor("the first to be gone", gone);
      const third = await session(limited, { send: "b", until: "b" });
      await waitFor("the third to be gone", gone);
      return { matched, unmatched, silent, broken, first, second, third };
    },
    accessLog: { file: "access.log", lines: 5 },
    stats: [
      "downstream_cx_overflow",
      "downstream_global_cx_overflow",
      "downstream_cx_total",
      "downstream_cx_active",
      "downstream_cx_destroy",
      "downstream_pre_cx_active",
      "no_filter_chain_match",
    ].map((name) => `listener.limited.${name}`),
  },
];
