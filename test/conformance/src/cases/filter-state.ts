import { connectRaw, requestBytes } from "@sluice/harness";
import { fileLog, httpBootstrap, indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { session } from "../tcp-session.ts";

interface StateValue {
  readonly key: string;
  readonly text: string;
  readonly kind?: string;
  readonly more?: string;
}

/** Entries of a `set_filter_state` filter's list. */
function values(entries: readonly StateValue[]): string {
  return entries
    .map(
      ({ key, text, kind = "envoy.string", more = "" }) =>
        `- { object_key: ${key}, factory_key: ${kind}, format_string: { text_format_source: { inline_string: "${text}" } }${more === "" ? "" : `, ${more}`} }`,
    )
    .join("\n");
}

function networkFilter(lists: Readonly<Record<string, readonly StateValue[]>>): string {
  return `- name: state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config
${Object.entries(lists)
  .map(([name, entries]) => `    ${name}:\n${indent(values(entries), 6)}`)
  .join("\n")}`;
}

function httpFilter(entries: readonly StateValue[], more = ""): string {
  return `
- name: state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
    on_request_headers:
${indent(values(entries), 6)}
${indent(more, 4)}`;
}

const ROUTER = `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`;

/** Puts a network filter in front of the connection manager of an `httpBootstrap`. */
function behind(filter: string, yaml: string): string {
  return yaml.replace("        - filters:\n", `        - filters:\n${indent(filter, 12)}\n`);
}

const LOG = `access_log: ${fileLog("FORMAT")}`;

const log = (format: string) => LOG.replace("FORMAT", format);

const RBAC = `
- name: rbac
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
    rules:
      action: DENY
      policies:
        p:
          permissions: [{ url_path: { path: { prefix: /guarded } } }]
          principals: [{ filter_state: { key: net, string_match: { exact: new } } }]`;

export const FILTER_STATE_CASES: readonly ConformanceCase[] = [
  {
    title: "requests see the filter state of their connection, and filters that set it for themselves",
    yaml: behind(
      networkFilter({
        on_new_connection: [
          { key: "net", text: "new" },
          { key: "seen", text: "%FILTER_STATE(net:PLAIN)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" },
          { key: "none", text: "", more: "skip_if_empty: true" },
          { key: "empty", text: "" },
          { key: "moved", text: "1" },
        ],
        on_downstream_tls_handshake: [{ key: "shake", text: "plain" }],
        on_downstream_data: [
          { key: "data", text: "rx=%BYTES_RECEIVED%" },
          { key: "moved", text: "2" },
        ],
      }),
      httpBootstrap({
        hcm: log(
          "%REQ(:PATH)% net=%FILTER_STATE(net)% seen=%FILTER_STATE(seen:PLAIN)% none=%FILTER_STATE(none)% empty=%FILTER_STATE(empty)% shake=%FILTER_STATE(shake:PLAIN)% data=%FILTER_STATE(data:PLAIN)% moved=%FILTER_STATE(moved:PLAIN)% own=%FILTER_STATE(own:PLAIN)% up=%UPSTREAM_FILTER_STATE(net:PLAIN)%",
        ),
        httpFilters: `${RBAC}${httpFilter([
          { key: "own", text: "%REQ(x-own)%", more: "skip_if_empty: true" },
          { key: "net", text: "over" },
        ])}${ROUTER}`,
        routes: `- match: { prefix: "/by", filter_state: [{ key: net, string_match: { exact: other } }] }
  direct_response: { status: 201 }
- match: { prefix: "/by", filter_state: [{ key: net, string_match: { exact: new } }] }
  direct_response: { status: 202 }
- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add: [{ header: { key: x-net, value: "%FILTER_STATE(net:PLAIN)%" } }]`,
      }),
    ),
    requests: [
      { path: "/by" },
      { path: "/guarded" },
      { path: "/plain" },
      { path: "/own", headers: [["x-own", "mine"]] },
    ],
    accessLog: { file: "access.log", lines: 4 },
  },
  {
    title: "a route matches again on filter state that a filter set, where it asks for that",
    yaml: httpBootstrap({
      httpFilters: `${httpFilter([{ key: "who", text: "%REQ(x-who)%" }], "clear_route_cache: true")}${ROUTER}`,
      hcm: log("%REQ(:PATH)% %RESPONSE_CODE% %FILTER_STATE(who)%"),
      routes: `- match: { prefix: "/", filter_state: [{ key: who, string_match: { exact: a } }] }
  direct_response: { status: 201 }
- match: { prefix: "/", filter_state: [{ key: who, string_match: { exact: b } }] }
  direct_response: { status: 202 }
- match: { prefix: "/" }
  direct_response: { status: 203 }`,
    }),
    requests: [
      { path: "/", headers: [["x-who", "a"]] },
      { path: "/", headers: [["x-who", "b"]] },
      { path: "/" },
    ],
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title: "shared filter state goes on to upstream connections, and keeps those of other values apart",
    yaml: httpBootstrap({
      hcm: log(
        "%REQ(:PATH)% %UPSTREAM_FILTER_STATE(text:PLAIN)% %UPSTREAM_FILTER_STATE(hash:PLAIN)% %UPSTREAM_FILTER_STATE(own:PLAIN)% %UPSTREAM_FILTER_STATE(text)%",
      ),
      httpFilters: `${httpFilter([
        { key: "text", text: "%REQ(x-text)%", more: "shared_with_upstream: ONCE, skip_if_empty: true" },
        {
          key: "hash",
          text: "%REQ(x-hash)%",
          kind: "envoy.hashable_string",
          more: "shared_with_upstream: TRANSITIVE, skip_if_empty: true",
        },
        { key: "own", text: "not shared" },
      ])}${ROUTER}`,
    }),
    requests: [
      { path: "/1", headers: [["x-text", "a"]] },
      { path: "/2", headers: [["x-text", "b"]] },
      { path: "/3", headers: [["x-hash", "a"]] },
      { path: "/4", headers: [["x-hash", "b"]] },
      {
        path: "/5",
        headers: [
          ["x-hash", "a"],
          ["x-text", "c"],
        ],
      },
      { path: "/6" },
    ],
    stats: ["cluster.one.upstream_cx_total"],
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "a TCP proxy's connection gets the filter state that is shared with it",
    yaml: tcpBootstrap(
      [
        {
          name: "main",
          before: networkFilter({
            on_new_connection: [
              { key: "text", text: "a", more: "shared_with_upstream: ONCE" },
              {
                key: "hash",
                text: "b",
                kind: "envoy.hashable_string",
                more: "shared_with_upstream: TRANSITIVE",
              },
              { key: "own", text: "c" },
            ],
          }),
        },
      ],
      "%FILTER_STATE(text)% %FILTER_STATE(hash)% %FILTER_STATE(hash:PLAIN)% %UPSTREAM_FILTER_STATE(text)% %UPSTREAM_FILTER_STATE(hash:PLAIN)% %UPSTREAM_FILTER_STATE(own)%",
    ),
    tcp: (socket) => socket.end("hello"),
    observe: async ({ port }) => (await session(port, { until: "hello", waitMs: 2000 })).received,
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "routes add filter state of their own, each level behind the one above it",
    yaml: httpBootstrap({
      httpFilters: `${httpFilter([
        { key: "a", text: "chain" },
        { key: "b", text: "%FILTER_STATE(a:PLAIN)%" },
      ])}${ROUTER}`,
      hcm: log(
        "%REQ(:PATH)% %FILTER_STATE(a)% %FILTER_STATE(b)% %FILTER_STATE(c)% %FILTER_STATE(ip)% %FILTER_STATE(ip:PLAIN)%",
      ),
      routeConfig: `name: local
virtual_hosts:
  - name: all
    domains: ["*"]
    typed_per_filter_config:
      state:
        "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
        on_request_headers:
${indent(values([{ key: "a", text: "host" }]), 10)}
    routes:
      - match: { prefix: "/route" }
        direct_response: { status: 200 }
        typed_per_filter_config:
          state:
            "@type": type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config
            on_request_headers:
${indent(
  values([
    { key: "c", text: "%FILTER_STATE(a:PLAIN)% route" },
    { key: "ip", text: "%REQ(x-ip)%", kind: "envoy.network.ip" },
  ]),
  14,
)}
      - { match: { prefix: "/" }, direct_response: { status: 200 } }`,
    }),
    requests: [
      { path: "/" },
      { path: "/route", headers: [["x-ip", "1.2.3.4"]] },
      { path: "/route", headers: [["x-ip", "none"]] },
    ],
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title: "a hash policy goes by the connection's filter state",
    yaml: behind(
      networkFilter({
        on_new_connection: [{ key: "who", text: "always", kind: "envoy.hashable_string" }],
      }),
      httpBootstrap({
        clusters: staticCluster("ring", ["{{upstream}}", "{{upstream2}}"], "lb_policy: RING_HASH"),
        routes: `- { match: { prefix: "/" }, route: { cluster: ring, hash_policy: [{ filter_state: { key: who } }] } }`,
      }),
    ),
    // One connection each: all of them must come to one host.
    observe: async ({ port }) => {
      const bodies = new Set<string>();
      for (let i = 0; i < 8; i++) {
        const connection = await connectRaw(port);
        connection.write(requestBytes({ path: "/", headers: [["host", "a"]] }));
        bodies.add((await connection.response()).body.toString());
        connection.destroy();
      }
      return bodies.size;
    },
    ignoreUpstream: true,
  },
];
