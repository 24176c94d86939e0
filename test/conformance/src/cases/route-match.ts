import type { Fields } from "@sluice/harness";
import { httpBootstrap, indent } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

/** Routes that answer with their name: one `name: { match… }` per line. */
function named(lines: Record<string, string>): string {
  return Object.entries(lines)
    .map(
      ([name, match]) =>
        `- { name: ${name}, match: ${match}, direct_response: { status: 200, body: { inline_string: ${name} } } }`,
    )
    .join("\n");
}

/** A match by URI template. */
function template(path: string): string {
  const type = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
  return `{ path_match_policy: { name: template, typed_config: { "@type": ${type}, path_template: "${path}" } } }`;
}

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}

function withHeader(name: string, ...values: (string | undefined)[]): CaseRequest[] {
  return values.map((value) => {
    const headers: Fields = value === undefined ? [] : [[name, value]];
    return { path: "/", headers };
  });
}

/** One request per header matcher and value: the route's name tells which matched first. */
function headerCase(
  title: string,
  matchers: Record<string, string>,
  requests: CaseRequest[],
): ConformanceCase {
  const lines = Object.fromEntries(
    Object.entries(matchers).map(([name, matcher]) => [name, `{ prefix: "/", headers: [${matcher}] }`]),
  );
  return { title, yaml: httpBootstrap({ routes: named({ ...lines, none: '{ prefix: "/" }' }) }), requests };
}

function hosts(...names: string[]): CaseRequest[] {
  return names.map((name) => ({ path: "/", headers: [["host", name]] }));
}

function virtualHosts(domains: Record<string, string>, more = ""): string {
  const list = Object.entries(domains).map(
    ([name, listed]) => `- name: ${name}
  domains: ${listed}
  routes:
${indent(named({ [name]: '{ prefix: "/" }' }), 4)}`,
  );
  return `name: local
${more}
virtual_hosts:
${indent(list.join("\n"), 2)}`;
}

export const ROUTE_MATCH_CASES: readonly ConformanceCase[] = [
  {
    title: "the first route in order wins, whatever the kind of path match",
    yaml: httpBootstrap({
      routes: named({
        prefix: '{ prefix: "/a/" }',
        exact: '{ path: "/a/b" }',
        top: '{ path: "/b" }',
        separated: '{ path_separated_prefix: "/api/dev" }',
        regex: '{ safe_regex: { regex: "/r/[0-9]+(/x)?" } }',
        longer: '{ prefix: "/b/c" }',
        shorter: '{ prefix: "/b" }',
      }),
    }),
    requests: paths(
      "/a/b",
      "/a",
      "/b",
      "/b/",
      "/b/c/d",
      "/bb",
      "/api/dev",
      "/api/dev/",
      "/api/dev/x",
      "/api/developer",
      "/api/dev?x",
      "/r/1",
      "/r/12/x",
      "/r/12/xy",
      "/r/",
      "/b?c=/d",
      "/B",
      "/r/1?q=2",
      "/%61/b",
      "//a/b",
      "/a/../b",
    ),
  },
  {
    title: "case_sensitive false holds for literal paths only",
    yaml: httpBootstrap({
      routes: named({
        prefix: '{ prefix: "/Pre", case_sensitive: false }',
        exact: '{ path: "/Exact", case_sensitive: false }',
        separated: '{ path_separated_prefix: "/Sep", case_sensitive: false }',
        regex: '{ safe_regex: { regex: "/Reg.*" }, case_sensitive: false }',
      }),
    }),
    requests: paths("/pRE", "/PREfix", "/eXACT", "/exact/", "/sEP/x", "/sepa", "/Regex", "/regex"),
  },
  {
    title: "path parameters are left out of the match where configured",
    yaml: httpBootstrap({
      routeConfig: `name: local
ignore_path_parameters_in_path_matching: true
virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
${indent(named({ exact: '{ path: "/a" }', regex: '{ safe_regex: { regex: "/b[0-9]" } }', rest: '{ prefix: "/" }' }), 6)}`,
    }),
    requests: paths("/a;v=1", "/b1;x", "/b;1", "/a;v?q=1"),
  },
  {
    title: "URI templates match by segments",
    yaml: httpBootstrap({
      routes: named({
        glob: template("/a/*"),
        text: template("/b/**"),
        variable: template("/c/{x}/d"),
        pattern: template("/d/{x=v/*}/e"),
        mixed: template("/g/{x}.json"),
        tail: template("/h/**/z"),
      }),
    }),
    requests: paths(
      "/a/x",
      "/a/",
      "/a/x/y",
      "/a/x|y",
      "/b",
      "/b/",
      "/b/x//y?q",
      "/c/x=y/d",
      "/c//d",
      "/d/v/1/e",
      "/d/w/1/e",
      "/g/x.json",
      "/g/xajson",
      "/h/x/z",
      "/h/z",
      "/A/x",
    ),
  },
  {
    title: "the most specific domain wins: exact, longest suffix, longest prefix, any",
    yaml: httpBootstrap({
      routeConfig: virtualHosts({
        any: '["*"]',
        prefix: '["www.*"]',
        longprefix: '["www.foo.*"]',
        com: '["*.com"]',
        suffix: '["*-bar.foo.com", "*.foo.com"]',
        exact: '["www.foo.com", "www.foo.com:8080"]',
      }),
    }),
    requests: hosts(
      "www.foo.com",
      "WWW.FOO.COM",
      "www.foo.com:8080",
      "www.foo.com:81",
      "x-bar.foo.com",
      "a.b.foo.com",
      "foo.com",
      "www.foo.org",
      "www.org",
      "org",
      "www.",
      "www.foo.com.",
    ),
  },
  {
    title: "a host without a virtual host gets 404, and ports count unless ignored",
    yaml: httpBootstrap({ routeConfig: virtualHosts({ one: '["one.test"]', six: '["[::1]"]' }) }),
    requests: hosts("one.test", "one.test:80", "two.test", "[::1]", "[::1]:80"),
  },
  {
    title: "the port is left out of the match where configured",
    yaml: httpBootstrap({
      routeConfig: virtualHosts(
        { one: '["one.test"]', six: '["[::1]"]', suffix: '["*.test"]' },
        "ignore_port_in_host_matching: true",
      ),
    }),
    requests: hosts("one.test", "one.test:80", "one.test:x", "two.test:1", "[::1]", "[::1]:80", "one.test:"),
  },
  headerCase(
    "header matchers compare strings in every way",
    {
      exact: "{ name: x-h, string_match: { exact: Exact } }",
      nocase: "{ name: X-H, string_match: { exact: nocase, ignore_case: true } }",
      prefix: "{ name: x-h, string_match: { prefix: pre } }",
      suffix: "{ name: x-h, string_match: { suffix: fix } }",
      contains: "{ name: x-h, string_match: { contains: -in- } }",
      regex: '{ name: x-h, string_match: { safe_regex: { regex: "[a-c]+[0-9]" } } }',
      empty: '{ name: x-h, string_match: { exact: "" } }',
    },
    withHeader(
      "x-h",
      "Exact",
      "exact",
      "NoCase",
      "prefer",
      "a-suffix",
      "x-in-y",
      "abc1",
      "abc12",
      "",
      undefined,
      "é",
    ),
  ),
  headerCase(
    "the deprecated header matchers still hold",
    {
      exact: "{ name: x-h, exact_match: Exact }",
      prefix: "{ name: x-h, prefix_match: pre }",
      suffix: "{ name: x-h, suffix_match: fix }",
      contains: "{ name: x-h, contains_match: -in- }",
      regex: '{ name: x-h, safe_regex_match: { regex: "[a-c]+[0-9]" } }',
    },
    withHeader("x-h", "Exact", "prefer", "a-suffix", "x-in-y", "abc1", "abc12", "", undefined),
  ),
  headerCase(
    "range matches take 64-bit integers in a half-open range",
    {
      low: "{ name: x-h, range_match: { start: -10, end: 0 } }",
      high: "{ name: x-h, range_match: { start: 100, end: 9223372036854775807 } }",
    },
    withHeader(
      "x-h",
      "-10",
      "-1",
      "0",
      "99",
      "100",
      "+100",
      "9223372036854775806",
      "9223372036854775807",
      "9223372036854775808",
      "1e2",
      "100.0",
      "0x64",
      "",
      "007",
      "0100",
      undefined,
    ),
  ),
  headerCase(
    "presence and inversion of header matches",
    {
      absent: "{ name: x-a, present_match: false }",
      inverted: "{ name: x-a, string_match: { exact: one }, invert_match: true }",
      present: "{ name: x-b, present_match: true }",
      bare: "{ name: x-c }",
      missing: "{ name: x-d, string_match: { exact: one }, invert_match: true }",
      empty:
        "{ name: x-e, string_match: { exact: one }, invert_match: true, treat_missing_header_as_empty: true }",
    },
    [
      { path: "/" },
      { path: "/", headers: [["x-a", "one"]] },
      { path: "/", headers: [["x-a", "two"]] },
      {
        path: "/",
        headers: [
          ["x-a", "one"],
          ["x-b", ""],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-a", "one"],
          ["x-c", "v"],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-a", "one"],
          ["x-d", "two"],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-a", "one"],
          ["x-e", "one"],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-a", "one"],
          ["x-e", "one"],
          ["x-d", "one"],
        ],
      },
    ],
  ),
  headerCase(
    "header matches see repeated headers as one list, and pseudo-headers",
    {
      list: "{ name: x-h, string_match: { exact: 'a,b' } }",
      method: "{ name: ':method', string_match: { exact: PUT } }",
      authority: "{ name: ':authority', string_match: { prefix: special } }",
      host: "{ name: Host, string_match: { prefix: other } }",
      path: "{ name: ':path', string_match: { suffix: '?tail' } }",
      scheme: "{ name: ':scheme', string_match: { exact: https } }",
    },
    [
      {
        path: "/",
        headers: [
          ["x-h", "a"],
          ["X-H", "b"],
        ],
      },
      { path: "/", headers: [["x-h", "a, b"]] },
      { path: "/", method: "PUT" },
      { path: "/", headers: [["host", "special.test"]] },
      { path: "/", headers: [["host", "other.test"]] },
      { path: "/?tail" },
      { path: "/" },
    ],
  ),
  {
    title: "query parameters are compared undecoded, the first value of a name",
    yaml: httpBootstrap({
      routes: named({
        exact: '{ prefix: "/", query_parameters: [{ name: q, string_match: { exact: "1" } }] }',
        regex:
          '{ prefix: "/", query_parameters: [{ name: q, string_match: { safe_regex: { regex: "[x-z]+" } } }] }',
        present: '{ prefix: "/", query_parameters: [{ name: p, present_match: true }] }',
        both: '{ prefix: "/", query_parameters: [{ name: a }, { name: b, string_match: { prefix: v } }] }',
        decoded: '{ prefix: "/", query_parameters: [{ name: d, string_match: { exact: "a b" } }] }',
        none: '{ prefix: "/" }',
      }),
    }),
    requests: paths(
      "/?q=1",
      "/?q=2&q=1",
      "/?a=q&q=1",
      "/?q=xyz",
      "/?q=xya",
      "/?p",
      "/?p=",
      "/?pp=1",
      "/?a&b=v1",
      "/?b=v",
      "/?d=a%20b",
      "/?d=a+b",
      "/?Q=1",
      "/?q=1#f",
      "/?&&q=1",
      "/??q=1",
      "/",
      "/?q",
      "/?q=1=2",
    ),
  },
  {
    title: "a present_match of false on a query parameter",
    yaml: httpBootstrap({
      routes: named({
        absent: '{ prefix: "/", query_parameters: [{ name: q, present_match: false }] }',
        none: '{ prefix: "/" }',
      }),
    }),
    requests: paths("/?q=1", "/?p", "/"),
  },
  {
    title: "cookies are matched by name and value",
    yaml: httpBootstrap({
      routes: named({
        exact: '{ prefix: "/", cookies: [{ name: s, string_match: { exact: "1" } }] }',
        inverted:
          '{ prefix: "/inverted", cookies: [{ name: s, string_match: { exact: "2" }, invert_match: true }] }',
        none: '{ prefix: "/" }',
      }),
    }),
    requests: [
      { path: "/", headers: [["cookie", "s=1"]] },
      { path: "/", headers: [["cookie", 'a=b; s="1"; c=d']] },
      {
        path: "/",
        headers: [
          ["cookie", "a=b"],
          ["cookie", "s=1"],
        ],
      },
      { path: "/", headers: [["cookie", "s=2; s=1"]] },
      { path: "/", headers: [["cookie", "s=1; s=2"]] },
      { path: "/", headers: [["cookie", "S=1"]] },
      { path: "/", headers: [["cookie", "s=1;a"]] },
      { path: "/inverted", headers: [["cookie", "s=3"]] },
      { path: "/inverted", headers: [["cookie", "s=2"]] },
      { path: "/inverted" },
      { path: "/" },
    ],
  },
  {
    title: "runtime fractions of nothing and of everything",
    yaml: httpBootstrap({
      routes: named({
        never: '{ prefix: "/", runtime_fraction: { default_value: { numerator: 0 } } }',
        always:
          '{ prefix: "/a", runtime_fraction: { default_value: { numerator: 10000, denominator: TEN_THOUSAND }, runtime_key: share } }',
        rest: '{ prefix: "/" }',
      }),
    }),
    requests: paths("/a", "/b", "/a", "/b"),
  },
  {
    title: "gRPC is told by its content type",
    yaml: httpBootstrap({ routes: named({ grpc: '{ prefix: "/", grpc: {} }', none: '{ prefix: "/" }' }) }),
    requests: withHeader(
      "content-type",
      "application/grpc",
      "application/grpc+proto",
      "application/grpc-web",
      "application/grpc;x",
      "Application/grpc",
      undefined,
    ),
  },
  {
    title: "a weighted cluster is drawn by the header that is named for it",
    yaml: httpBootstrap({
      routes: `- match: { prefix: "/" }
  route: { weighted_clusters: { header_name: X-Draw, clusters: [{ name: one, weight: 25, request_headers_to_add: [{ header: { key: x-drawn, value: one } }], response_headers_to_add: [{ header: { key: x-from, value: one } }] }, { name: two, weight: 75 }] } }`,
    }),
    requests: withHeader("x-draw", "0", "24", "25", "99", "100", "18446744073709551615", "124"),
  },
  {
    title: "a cluster named by a header, and what happens when there is none",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/404" }, route: { cluster_header: x-cluster, cluster_not_found_response_code: NOT_FOUND } }
- { match: { prefix: "/500" }, route: { cluster_header: x-cluster, cluster_not_found_response_code: INTERNAL_SERVER_ERROR } }
- { match: { prefix: "/" }, route: { cluster_header: x-cluster } }`,
    }),
    requests: [
      ...withHeader("x-cluster", "one", "two", "none", undefined),
      { path: "/404", headers: [["x-cluster", "none"]] },
      { path: "/500", headers: [["x-cluster", "none"]] },
    ],
    stats: [
      "http.main.no_cluster",
      "http.main.no_route",
      "http.main.downstream_rq_4xx",
      "http.main.downstream_rq_5xx",
    ],
  },
];
