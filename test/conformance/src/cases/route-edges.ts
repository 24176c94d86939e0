import type { Fields } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}

/** UTF-8 as the wire has it. */
function octets(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function withHost(host: string, list: readonly string[]): CaseRequest[] {
  return list.map((path) => ({ path, headers: [["host", host]] }));
}

/** Routes below `/<name>/`, each with one header matcher. */
function matched(matchers: Readonly<Record<string, string>>): string {
  return Object.entries(matchers)
    .map(
      ([name, matcher]) =>
        `- { match: { prefix: "/${name}/", headers: [{ name: x-h, ${matcher} }] }, direct_response: { status: 200 } }`,
    )
    .join("\n");
}

const PRESENCE = ["", "present_match: true, ", "present_match: false, "].flatMap((kind, k) =>
  ["", "invert_match: true, "].flatMap((invert, i) =>
    ["", "treat_missing_header_as_empty: true, "].map(
      (missing, m) => [`p${k}${i}${m}`, `${kind}${invert}${missing}`.replace(/, $/, "")] as const,
    ),
  ),
);
const MATCHERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PRESENCE.map(([name, text]) => [name, text === "" ? "invert_match: false" : text])),
  inverted: "string_match: { safe_regex: { regex: 'x+' } }, invert_match: true",
  outside: "range_match: { start: 1, end: 5 }, invert_match: true",
  number: "range_match: { start: 0, end: 5 }, treat_missing_header_as_empty: true",
  empty: "string_match: { exact: '' }, treat_missing_header_as_empty: true",
  other: "string_match: { prefix: z }, treat_missing_header_as_empty: true, invert_match: true",
  anycase: "string_match: { contains: 'MiD', ignore_case: true }",
};
const VALUES: readonly (readonly string[])[] = [
  [],
  [""],
  ["x"],
  ["3"],
  ["5"],
  ["amidb"],
  ["x", "3"],
  ["q", ""],
];

/** Adds `x-order: <level>` to a message, and says what the host is then. */
function level(name: string): string {
  return `request_headers_to_add: [{ header: { key: x-order, value: "${name} %REQ(:authority)%" } }], response_headers_to_add: [{ header: { key: x-order, value: ${name} } }]`;
}

function leveled(mostSpecificWins: boolean): string {
  return `name: local
most_specific_header_mutations_wins: ${mostSpecificWins}
request_headers_to_add: [{ header: { key: x-order, value: table } }]
response_headers_to_add: [{ header: { key: x-order, value: table } }]
virtual_hosts:
- name: all
  domains: ["*"]
  request_headers_to_add: [{ header: { key: x-order, value: host } }]
  response_headers_to_add: [{ header: { key: x-order, value: host } }]
  routes:
  - { match: { prefix: "/" }, ${level("route")}, route: { host_rewrite_literal: route.test, append_x_forwarded_host: true, weighted_clusters: { clusters: [{ name: one, weight: 1, host_rewrite_literal: part.test, ${level("part")} }] } } }`;
}

/** Each of `names` twice. */
function twice(names: readonly string[]): string {
  return `[${names.flatMap((name) => [1, 2].map((n) => `{ header: { key: ${name}, value: "v${n}" } }`)).join(", ")}]`;
}

const ADDED =
  "accept, accept-encoding, accept-language, access-control-allow-origin, age, authorization, cache-control, cdn-loop, content-type, cookie, date, etag, forwarded, from, link, location, origin, pragma, proxy-status, referer, retry-after, set-cookie, te, traceparent, user-agent, vary, via, warning, x-envoy-attempt-count, x-envoy-degraded, x-forwarded-for, x-forwarded-host, x-other".split(
    ", ",
  );

export const ROUTE_EDGE_CASES: readonly ConformanceCase[] = [
  {
    title: "what is added to a header joins its value or has a line of its own, and a date is left alone",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/request" }, route: { cluster: one }, request_headers_to_add: ${twice(ADDED)} }
- { match: { prefix: "/response" }, route: { cluster: one }, response_headers_to_add: ${twice(ADDED)} }
- { match: { prefix: "/state" }, route: { cluster: one }, request_headers_to_add: [{ header: { key: x-state, value: "[%PER_REQUEST_STATE(nobody)%]" } }] }`,
    }),
    reply: { headers: [["date", "the upstream's"]], body: "one" },
    requests: [{ path: "/request", headers: [["accept", "v0"]] }, { path: "/response" }, { path: "/state" }],
  },
  {
    title: "what rewrites leave of a path, and what they make of odd substitutions",
    yaml: httpBootstrap({
      routeConfig: `name: local
ignore_path_parameters_in_path_matching: true
virtual_hosts:
- name: all
  domains: ["*"]
  routes:
  - { match: { path: "/exact" }, route: { cluster: one, prefix_rewrite: "/new" } }
  - { match: { path_separated_prefix: "/sep" }, route: { cluster: one, prefix_rewrite: "/s" } }
  - { match: { prefix: "/root/" }, route: { cluster: one, prefix_rewrite: "/" } }
  - { match: { prefix: "/é/" }, route: { cluster: one, prefix_rewrite: "/e/" } }
  - { match: { prefix: "/utf" }, route: { cluster: one, prefix_rewrite: "/€", host_rewrite_literal: "hôte" } }
  - { match: { prefix: "/nothing" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "^/nothing/?(.*)$" }, substitution: '\\1' } } }
  - { match: { prefix: "/format" }, route: { cluster: one, path_rewrite: "%REQ(x-none)%" } }
  - { match: { prefix: "/quoted" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "b" }, substitution: 'a\\\\b$1$' } } }
  - { match: { prefix: "/zero" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "[0-9]*" }, substitution: 'N' } } }
  - { match: { prefix: "/whole" }, route: { cluster: one, regex_rewrite: { pattern: { regex: ".*" }, substitution: '/[\\0]' } } }
  - { match: { prefix: "/group" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "o" }, substitution: '0\\1' } } }
  - { match: { prefix: "/stray" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "a" }, substitution: '4\\x5' } } }
  - { match: { prefix: "/last" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "a" }, substitution: '4\\' } } }
  - { match: { safe_regex: { regex: "/sr/[^/]+(/.*)?" } }, route: { cluster: one, prefix_rewrite: "/new" } }
  - { match: { prefix: "" }, route: { cluster: one, prefix_rewrite: "/pre" } }`,
    }),
    requests: paths(
      "/exact;v=1?q",
      "/exact?q;z",
      "/sep;x/y",
      "/sep/a;b",
      "/root/x",
      "/root/",
      "/root//x",
      octets("/é/x?é"),
      "/utf/x",
      "/nothing/x?q",
      "/nothing/?q",
      "/nothing",
      "/format?q",
      "/quotedb?b",
      "/zero12x",
      "/whole/x?y",
      "/group",
      "/stray/a",
      "/last",
      "/sr/a;b/c;d?e",
      "/other?x",
    ),
  },
  {
    title: "regular expressions compare octets",
    yaml: httpBootstrap({
      routes: `- { match: { safe_regex: { regex: "/x." } }, direct_response: { status: 201 } }
- { match: { safe_regex: { regex: "/x.." } }, direct_response: { status: 202 } }
- { match: { safe_regex: { regex: "/y[é]" } }, direct_response: { status: 203 } }
- { match: { safe_regex: { regex: "/z\\\\xff" } }, direct_response: { status: 205 } }
- { match: { prefix: "/h", headers: [{ name: x-h, string_match: { safe_regex: { regex: "." } } }] }, direct_response: { status: 206 } }
- { match: { prefix: "/rw" }, route: { cluster: one, regex_rewrite: { pattern: { regex: "[^/a-z]" }, substitution: "N" } } }`,
    }),
    requests: [
      ...paths("/x\xff", octets("/xé"), octets("/yé"), "/y\xe9", "/y\xc3", "/z\xff", octets("/rwé")),
      ...["\xff", octets("é"), "a"].map((v): CaseRequest => ({ path: "/h", headers: [["x-h", v]] })),
    ],
  },
  {
    title: "redirects of odd hosts to odd places",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/nothing" }, redirect: { regex_rewrite: { pattern: { regex: "^/nothing/?(.*)$" }, substitution: '\\1' } } }
- { match: { path: "/exact" }, redirect: { prefix_rewrite: "/new" } }
- { match: { prefix: "/utf" }, redirect: { host_redirect: "hôte", path_redirect: "/€" } }
- { match: { prefix: "/443" }, redirect: { https_redirect: true, port_redirect: 443 } }
- { match: { prefix: "/80" }, redirect: { scheme_redirect: "HTTP", port_redirect: 80 } }
- { match: { prefix: "/bare" }, redirect: { path_redirect: "no-slash", strip_query: true } }
- { match: { prefix: "/query" }, redirect: { path_redirect: "?q=1" } }
- { match: { prefix: "/strip" }, redirect: { strip_query: true, prefix_rewrite: "/s?own=1" } }
- { match: { prefix: "/" }, redirect: {} }`,
    }),
    requests: [
      ...paths(
        "/nothing/",
        "/nothing",
        "/nothing/a?b",
        "/exact?x",
        "/utf/x?y",
        "/bare?x",
        "/query?a",
        "/strip/a?b=c",
      ),
      ...["a.test:443", "a.test:80", "[::1]", "[::1]:80", "a.test:"].flatMap((host) =>
        withHost(host, ["/443", "/80", "/x?y"]),
      ),
    ],
  },
  {
    title: "header matchers by presence, inversion and what counts as empty",
    yaml: httpBootstrap({ routes: matched(MATCHERS) }),
    requests: Object.keys(MATCHERS).flatMap((name) =>
      VALUES.map(
        (values): CaseRequest => ({
          path: `/${name}/`,
          headers: values.map((value): Fields[number] => ["x-h", value]),
        }),
      ),
    ),
  },
  ...[false, true].map(
    (wins): ConformanceCase => ({
      title: `a weighted cluster's headers and host come first, ${wins ? "also where the most specific level wins" : "whatever the level"}`,
      yaml: httpBootstrap({ routeConfig: leveled(wins) }),
      requests: paths("/"),
    }),
  ),
  {
    title: "virtual clusters and the clusters of requests that are not sent on stand in access logs",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%REQ(:method)% %REQ(:path)% %RESPONSE_CODE% %UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %VIRTUAL_CLUSTER_NAME%")}`,
      httpFilters: `- name: rbac
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC, rules: { action: DENY, policies: { p: { permissions: [{ header: { name: x-deny } }], principals: [{ any: true }] } } } }
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
      virtualHost: `virtual_clusters: [{ name: posts, headers: [{ name: ":method", string_match: { exact: POST } }] }]`,
      routes: `- { match: { prefix: "/named" }, route: { cluster_header: x-to } }
- { match: { prefix: "/direct" }, direct_response: { status: 200 } }
- { match: { prefix: "/" }, route: { cluster: other } }`,
      clusters: staticCluster("other", ["{{upstream2}}"], "alt_stat_name: another"),
    }),
    requests: [
      { path: "/a" },
      { path: "/b", method: "POST", body: "b" },
      { path: "/c", headers: [["x-deny", "1"]] },
      { path: "/direct", headers: [["x-deny", "1"]] },
      { path: "/direct" },
      { path: "/named", headers: [["x-to", "one"]] },
      { path: "/named", headers: [["x-to", "nowhere"]] },
      {
        path: "/named",
        headers: [
          ["x-to", "one"],
          ["x-deny", "1"],
        ],
      },
      { path: "/named" },
    ],
    accessLog: { file: "access.log", lines: 9 },
  },
];
