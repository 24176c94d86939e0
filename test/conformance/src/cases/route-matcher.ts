import { httpBootstrap, indent } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPE = "type.googleapis.com/";

/** A direct response that says which route it is. */
function answers(name: string, match = '{ prefix: "/" }'): string {
  return `match: ${match}, direct_response: { status: 200, body: { inline_string: ${name} } }`;
}

function routeAction(name: string, match?: string): string {
  return `{ action: { name: route, typed_config: { "@type": ${TYPE}envoy.config.route.v3.Route, ${answers(name, match)} } } }`;
}

function extension(type: string, fields = ""): string {
  return `{ name: x, typed_config: { "@type": ${TYPE}${type}${fields === "" ? "" : `, ${fields}`} } }`;
}

function header(name: string): string {
  return extension("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", `header_name: ${name}`);
}

function single(name: string, valueMatch: string): string {
  return `single_predicate: { input: ${header(name)}, value_match: ${valueMatch} }`;
}

function virtualHost(name: string, matcher: string): string {
  return `- name: ${name}
  domains: [${name}.test]
  matcher:
${indent(matcher, 4)}`;
}

/** Requests to one virtual host: path and headers. */
function asked(host: string, ...list: [string, ...[string, string][]][]): CaseRequest[] {
  return list.map(([path, ...fields]) => ({ path, headers: [["host", `${host}.test`], ...fields] }));
}

const LIST = `matcher_list:
  matchers:
    - predicate: { and_matcher: { predicate: [{ ${single("x-a", "{ exact: one }")} }, { ${single("x-b", "{ prefix: t, ignore_case: true }")} }] } }
      on_match: ${routeAction("both")}
    - predicate: { or_matcher: { predicate: [{ ${single("x-a", '{ safe_regex: { google_re2: {}, regex: "[0-9]+" } }')} }, { ${single("x-b", "{ suffix: end }")} }] } }
      on_match: ${routeAction("either", '{ prefix: "/either" }')}
    - predicate: { not_matcher: { ${single("x-a", "{ contains: z }")} } }
      on_match: ${routeAction("unlike")}
on_no_match: ${routeAction("rest")}`;

const EXACT = `matcher_tree:
  input: ${header(":path")}
  exact_match_map:
    map:
      /a: ${routeAction("a")}
      /nested:
        matcher:
          matcher_list:
            matchers:
              - predicate: { ${single("x-a", "{ exact: one }")} }
                on_match: ${routeAction("nested")}
on_no_match: ${routeAction("rest")}`;

const PREFIX = `matcher_tree:
  input: ${header(":path")}
  prefix_match_map:
    map:
      /a: ${routeAction("a")}
      /a/b:
        matcher:
          matcher_list:
            matchers:
              - predicate: { ${single("x-a", "{ exact: one }")} }
                on_match: ${routeAction("nested")}
      /list:
        action:
          name: list
          typed_config:
            "@type": ${TYPE}envoy.config.route.v3.RouteList
            routes:
              - { ${answers("list-exact", '{ path: "/list/x" }')} }
              - { ${answers("list-header", '{ prefix: "/list", headers: [{ name: x-a }] }')} }
              - { ${answers("list-rest", '{ prefix: "/list/" }')} }
on_no_match: ${routeAction("rest", '{ prefix: "/rest" }')}`;

const ADDRESSES = `matcher_tree:
  input: ${header("x-ip")}
  custom_match:
    name: ip
    typed_config:
      "@type": ${TYPE}xds.type.matcher.v3.IPMatcher
      range_matchers:
        - { ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }], on_match: ${routeAction("ten")}, exclusive: true }
        - ranges: [{ address_prefix: 10.1.0.0, prefix_len: 16 }]
          on_match: { matcher: { matcher_list: { matchers: [{ predicate: { ${single("x-a", "{ exact: one }")} }, on_match: ${routeAction("sixteen")} }] } } }
        - { ranges: [{ address_prefix: 10.2.3.0, prefix_len: 24 }, { address_prefix: "2001:db8::", prefix_len: 32 }], on_match: ${routeAction("small")} }
on_no_match: ${routeAction("rest")}`;

const NAMES = `matcher_tree:
  input: ${header("x-name")}
  custom_match:
    name: names
    typed_config:
      "@type": ${TYPE}xds.type.matcher.v3.ServerNameMatcher
      domain_matchers:
        - { domains: ["*"], on_match: ${routeAction("any")} }
        - { domains: ["*.com", "a.example.com"], on_match: ${routeAction("com")} }
        - { domains: ["*.example.com"], on_match: ${routeAction("example")} }
on_no_match: ${routeAction("rest")}`;

const HASHED = `matcher_list:
  matchers:
    - predicate: { single_predicate: { input: ${header("x-a")}, custom_match: ${extension("envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing", "threshold: 60, modulo: 100, seed: 7")} } }
      on_match: ${routeAction("hashed")}
    - predicate: { single_predicate: { input: ${header("x-a")}, custom_match: ${extension("envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction", "runtime_fraction: { default_value: { numerator: 50, denominator: HUNDRED } }, seed: 3")} } }
      on_match: ${routeAction("fraction")}
    - predicate: { single_predicate: { input: ${header("x-a")}, custom_match: ${extension("envoy.extensions.matching.input_matchers.ip.v3.Ip", "stat_prefix: ip, cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }]")} } }
      on_match: ${routeAction("address")}
on_no_match: ${routeAction("rest")}`;

const CLUSTER_ACTION = "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction";

function clusterMatcher(name: string, input: string, map: Record<string, string>, rest: string): string {
  const action = (cluster: string) => `{ action: ${extension(CLUSTER_ACTION, `cluster: ${cluster}`)} }`;
  const entries = Object.entries(map).map(([key, cluster]) => `"${key}": ${action(cluster)}`);
  return `{ name: ${name}, typed_config: { "@type": ${TYPE}envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier, cluster_matcher: { matcher_tree: { input: ${input}, exact_match_map: { map: { ${entries.join(", ")} } } }${rest === "" ? "" : `, on_no_match: ${action(rest)}`} } } }`;
}

export const ROUTE_MATCHER_CASES: readonly ConformanceCase[] = [
  {
    title: "a virtual host's matcher tree chooses among routes and lists of routes",
    yaml: httpBootstrap({
      routeConfig: `name: local
virtual_hosts:
${indent(
  [
    virtualHost("list", LIST),
    virtualHost("exact", EXACT),
    virtualHost("prefix", PREFIX),
    virtualHost("addresses", ADDRESSES),
    virtualHost("names", NAMES),
    virtualHost("hashed", HASHED),
  ].join("\n"),
  2,
)}`,
    }),
    requests: [
      ...asked(
        "list",
        ["/", ["x-a", "one"], ["x-b", "TWO"]],
        ["/either", ["x-a", "17"]],
        ["/other", ["x-a", "17"]],
        ["/either", ["x-b", "the-end"]],
        ["/", ["x-a", "azb"]],
        ["/"],
        ["/either", ["x-a", "1"], ["x-a", "2"]],
      ),
      ...asked("exact", ["/a"], ["/a?q"], ["/nested", ["x-a", "one"]], ["/nested"], ["/b"]),
      ...asked(
        "prefix",
        ["/a/x"],
        ["/a/b/c", ["x-a", "one"]],
        ["/a/b/c"],
        ["/list/x"],
        ["/list/y", ["x-a", ""]],
        ["/list/y"],
        ["/list"],
        ["/rest"],
        ["/none"],
      ),
      ...asked(
        "addresses",
        ["/", ["x-ip", "10.9.9.9"]],
        ["/", ["x-ip", "10.1.2.3"], ["x-a", "one"]],
        ["/", ["x-ip", "10.1.2.3"]],
        ["/", ["x-ip", "10.2.3.4"]],
        ["/", ["x-ip", "2001:db8::1"]],
        ["/", ["x-ip", "no address"]],
        ["/"],
      ),
      ...asked(
        "names",
        ["/", ["x-name", "a.example.com"]],
        ["/", ["x-name", "b.c.example.com"]],
        ["/", ["x-name", "example.com"]],
        ["/", ["x-name", "A.EXAMPLE.COM"]],
        ["/", ["x-name", "x.org"]],
        ["/", ["x-name", ""]],
        ["/"],
      ),
      ...asked(
        "hashed",
        ...Array.from({ length: 16 }, (_, i): [string, [string, string]] => ["/", ["x-a", `value-${i}`]]),
        ["/", ["x-a", "10.1.2.3"]],
        ["/"],
      ),
    ],
  },
  {
    title: "a matcher names the cluster, inline or as a plugin of the route configuration",
    yaml: httpBootstrap({
      routeConfig: `name: local
cluster_specifier_plugins:
  - extension: ${clusterMatcher("by-header", header("x-to"), { one: "one", two: "two", gone: "gone" }, "two")}
virtual_hosts:
  - name: all
    domains: ["*"]
    routes:
      - { match: { prefix: /plugin }, route: { cluster_specifier_plugin: by-header } }
      - { match: { prefix: / }, route: { inline_cluster_specifier_plugin: { extension: ${clusterMatcher("inline", header(":path"), { "/two": "two" }, "one")} } } }`,
    }),
    requests: [
      ...["one", "two", "gone", "none"].map(
        (to): CaseRequest => ({ path: "/plugin", headers: [["x-to", to]] }),
      ),
      { path: "/plugin" },
      { path: "/two" },
      { path: "/two?x" },
      { path: "/" },
    ],
  },
  {
    title: "virtual clusters count the requests that match their headers",
    yaml: httpBootstrap({
      routeConfig: `name: local
virtual_hosts:
  - name: shop
    domains: ["*"]
    virtual_clusters:
      - { name: put, headers: [{ name: ":method", string_match: { exact: PUT } }] }
      - { name: cart, headers: [{ name: ":path", string_match: { prefix: /cart } }, { name: x-user }] }
    routes:
      - { match: { prefix: / }, route: { cluster: one }, stat_prefix: all }`,
    }),
    reply: (request) => ({ status: request.target === "/cart/gone" ? 404 : 200, body: "x" }),
    requests: [
      { path: "/cart", headers: [["x-user", "u"]] },
      { path: "/cart/gone", headers: [["x-user", "u"]] },
      { path: "/cart" },
      { method: "PUT", path: "/cart", headers: [["x-user", "u"]] },
    ],
    stats: ["put", "cart", "other"]
      .flatMap((name) =>
        ["total", "completed", "2xx", "200", "4xx", "404", "timeout", "retry"].map(
          (stat) => `vhost.shop.vcluster.${name}.upstream_rq_${stat}`,
        ),
      )
      .concat("vhost.shop.route.all.upstream_rq_total"),
  },
];
