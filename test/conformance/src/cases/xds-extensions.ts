import { fileLog } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import {
  foundBuffer,
  foundConfig,
  foundDiscovery,
  foundHttpFilter,
  foundMark,
  foundObservations,
  foundStats,
  HEADER_MUTATION,
  markedByDefault,
  putFound,
} from "../found-filter.ts";
import { listenersBootstrap } from "../many-listeners.ts";

const ROUTER = "envoy.extensions.filters.http.router.v3.Router";
const DIRECT = "envoy.extensions.filters.network.direct_response.v3.Config";
const ECHO = "envoy.extensions.filters.network.echo.v3.Echo";
const PROXY_PROTOCOL = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
const url = (type: string): string => `type.googleapis.com/${type}`;

const HTTP_STATS = foundStats("http_filter");
const { changes, refusals, arrival, misplaced } = foundObservations("http_filter");

const listener = (filters: string, listenerFilters = ""): string => `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
  - name: main
    stat_prefix: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    listener_filters: [${listenerFilters}]
    filter_chains: [{ filters: [${filters}] }]
`;
const directResponse = (text: string): string => `response: { inline_string: ${text} }`;

/** What one connection gets, after sending some bytes. */
async function talk({ connect }: Target, sent: string): Promise<string> {
  const connection = await connect();
  try {
    if (sent !== "") connection.write(Buffer.from(sent));
    return (await connection.closed()).toString("latin1");
  } finally {
    connection.destroy();
  }
}

export const XDS_EXTENSION_CASES: readonly ConformanceCase[] = [
  {
    title: "an HTTP filter's configuration comes from a source and changes for requests that follow",
    yaml: listenersBootstrap({ main: { httpFilters: foundHttpFilter() } }),
    files: { "ecds.yaml": foundMark("1", "one") },
    requests: [{ path: "/" }],
    observe: changes,
    stats: HTTP_STATS,
  },
  {
    title: "a filter configuration that is refused or of another type leaves the one before in force",
    yaml: listenersBootstrap({ main: { httpFilters: foundHttpFilter() } }),
    files: { "ecds.yaml": foundMark("1", "one") },
    observe: refusals,
    stats: HTTP_STATS,
  },
  {
    title: "the default configuration holds where what comes is refused",
    yaml: listenersBootstrap({ main: { httpFilters: foundHttpFilter([HEADER_MUTATION], markedByDefault) } }),
    files: { "ecds.yaml": foundBuffer("1") },
    requests: [{ path: "/" }],
    observe: arrival,
    stats: HTTP_STATS,
  },
  {
    title: "without any configuration of a filter requests end with 500 and NFCF",
    yaml: listenersBootstrap({
      main: {
        httpFilters: foundHttpFilter(),
        hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS%")}`,
      },
    }),
    files: { "ecds.yaml": foundBuffer("1") },
    requests: [{ path: "/" }],
    stats: [...HTTP_STATS, "http.main.downstream_rq_5xx"],
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "a default configuration may be used without waiting for another one",
    yaml: listenersBootstrap({
      main: {
        httpFilters: foundHttpFilter(
          [HEADER_MUTATION],
          `${markedByDefault}, apply_default_config_without_warming: true`,
        ),
      },
    }),
    files: { "ecds.yaml": "{ broken" },
    requests: [{ path: "/" }],
    observe: arrival,
  },
  {
    title: "the terminal filter may come from a source, and nothing else in its place",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: main
          route_config: { virtual_hosts: [{ name: v, domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 204 } }] }] }
          http_filters: [{ name: found, config_discovery: ${foundDiscovery([ROUTER, HEADER_MUTATION])} }]
`,
    files: { "ecds.yaml": foundConfig("1", ROUTER) },
    requests: [{ path: "/" }],
    observe: misplaced,
    stats: HTTP_STATS,
  },
  {
    title: "a disabled filter from a source is turned on by a route",
    yaml: listenersBootstrap({
      main: {
        httpFilters: `- { name: found, disabled: true, config_discovery: ${foundDiscovery([HEADER_MUTATION])} }`,
        routes: `- match: { path: /on }
  typed_per_filter_config: { found: { "@type": ${url("envoy.config.route.v3.FilterConfig")}, config: {} } }
  direct_response: { status: 200 }
- { match: { prefix: "/" }, direct_response: { status: 200 } }`,
      },
    }),
    files: { "ecds.yaml": foundMark("1", "one") },
    requests: [{ path: "/" }, { path: "/on" }],
  },
  {
    title: "a network filter's configuration comes from a source and changes for connections that follow",
    yaml: listener(`{ name: found, config_discovery: ${foundDiscovery([DIRECT])} }`),
    files: { "ecds.yaml": foundConfig("1", DIRECT, directResponse("one")) },
    observe: async (target) => {
      const before = await talk(target, "");
      const second = foundConfig("2", DIRECT, directResponse("two"));
      await putFound(target.proxy, "network_filter", second, ["config_reload", 2]);
      return [before, await talk(target, "")];
    },
    stats: foundStats("network_filter"),
  },
  {
    title: "without any configuration of a network filter connections end",
    yaml: listener(`{ name: found, config_discovery: ${foundDiscovery([DIRECT])} }`),
    files: { "ecds.yaml": foundConfig("1", ECHO) },
    observe: (target) => talk(target, ""),
    stats: [...foundStats("network_filter"), "listener.main.network_extension_config_missing"],
  },
  {
    title: "a listener filter's configuration comes from a source",
    yaml: listener(
      `{ name: direct, typed_config: { "@type": ${url(DIRECT)}, ${directResponse("hello")} } }`,
      `{ name: found, config_discovery: ${foundDiscovery([PROXY_PROTOCOL])} }`,
    ),
    files: { "ecds.yaml": foundConfig("1", PROXY_PROTOCOL) },
    observe: async (target) => [
      await talk(target, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
      await talk(target, "PROXY nonsense\r\n"),
    ],
    stats: [...foundStats("tcp_listener_filter"), "listener.main.downstream_cx_total"],
  },
  {
    title: "without any configuration of a listener filter connections end",
    yaml: listener(
      `{ name: direct, typed_config: { "@type": ${url(DIRECT)}, ${directResponse("hello")} } }`,
      `{ name: found, config_discovery: ${foundDiscovery([PROXY_PROTOCOL])} }`,
    ),
    files: { "ecds.yaml": foundConfig("1", DIRECT, directResponse("no")) },
    observe: (target) => talk(target, ""),
    stats: [...foundStats("tcp_listener_filter"), "listener.main.extension_config_missing"],
  },
];
