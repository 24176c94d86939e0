import { httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const TYPE = "type.googleapis.com/";

/** A header_mutation for one route, virtual host or table that adds `x-mutated: name` to responses. */
function mutation(name: string): string {
  return `{ "@type": ${TYPE}envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute, mutations: { response_mutations: [{ append: { header: { key: x-mutated, value: ${name} } } }] } }`;
}

function filterConfig(fields: string): string {
  return `{ "@type": ${TYPE}envoy.config.route.v3.FilterConfig, ${fields} }`;
}

const FILTERS = `
- name: mutate
  typed_config:
    "@type": ${TYPE}envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations: { response_mutations: [{ append: { header: { key: x-filter, value: "on" } } }] }
- name: quiet
  disabled: true
  typed_config:
    "@type": ${TYPE}envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
    mutations: { response_mutations: [{ append: { header: { key: x-quiet, value: "on" } } }] }
- name: envoy.filters.http.router
  typed_config: { "@type": ${TYPE}envoy.extensions.filters.http.router.v3.Router }`;

function direct(prefix: string, perFilter: string): string {
  return `- { match: { prefix: ${prefix} }, direct_response: { status: 200 }, typed_per_filter_config: ${perFilter} }`;
}

/** Routes that answer with their name when the match holds. */
function named(matches: Record<string, string>): string {
  return Object.entries(matches)
    .map(
      ([name, match]) =>
        `- { match: ${match}, direct_response: { status: 200, body: { inline_string: ${name} } } }`,
    )
    .join("\n");
}

export const ROUTE_LEVEL_CASES: readonly ConformanceCase[] = [
  {
    title:
      "routes match by runtime keys, by the connection's TLS, and by metadata and state that nobody has set",
    yaml: httpBootstrap({
      bootstrap: `layered_runtime:
  layers: [{ name: static, static_layer: { all: 100, some: { numerator: 1000000, denominator: MILLION }, nothing: 0, words: text } }]`,
      routes: named({
        nothing:
          "{ path: /a, runtime_fraction: { runtime_key: nothing, default_value: { numerator: 100, denominator: HUNDRED } } }",
        all: "{ path: /a, runtime_fraction: { runtime_key: all, default_value: { numerator: 0, denominator: HUNDRED } } }",
        some: "{ path: /b, runtime_fraction: { runtime_key: some, default_value: { numerator: 0, denominator: HUNDRED } } }",
        words:
          "{ path: /c, runtime_fraction: { runtime_key: words, default_value: { numerator: 10000, denominator: TEN_THOUSAND } } }",
        presented: "{ prefix: /tls, tls_context: { presented: true } }",
        validated: "{ path: /tls/v, tls_context: { validated: false } }",
        plain: "{ prefix: /tls, tls_context: { presented: false, validated: false } }",
        metadata:
          "{ path: /m, dynamic_metadata: [{ filter: f, path: [{ key: k }], value: { string_match: { exact: v } } }] }",
        absent:
          "{ path: /m, dynamic_metadata: [{ filter: f, path: [{ key: k }], value: { present_match: false } }] }",
        inverted:
          "{ path: /n, dynamic_metadata: [{ filter: f, path: [{ key: k }], value: { string_match: { exact: v } }, invert: true }] }",
        state: "{ path: /s, filter_state: [{ key: k, string_match: { prefix: v } }] }",
        rest: "{ prefix: / }",
      }),
    }),
    requests: ["/a", "/b", "/c", "/tls", "/tls/v", "/m", "/n", "/s"].map((path) => ({ path })),
  },
  {
    title: "routes turn filters on and off, and an optional unknown configuration is passed over",
    yaml: httpBootstrap({
      httpFilters: FILTERS,
      routes: [
        direct("/off", `{ mutate: ${filterConfig("disabled: true")} }`),
        direct("/on", `{ quiet: ${filterConfig("config: {}")} }`),
        direct("/wrapped", `{ mutate: ${filterConfig(`config: ${mutation("wrapped")}`)} }`),
        direct("/plain", `{ mutate: ${mutation("plain")}, quiet: ${mutation("quiet")} }`),
        direct(
          "/optional",
          `{ mutate: ${filterConfig(`is_optional: true, config: { "@type": ${TYPE}google.protobuf.StringValue, value: x }`)} }`,
        ),
        direct("/", "{}"),
      ].join("\n"),
    }),
    requests: ["/off", "/on", "/wrapped", "/plain", "/optional", "/"].map((path) => ({ path })),
  },
  {
    title:
      "the virtual host is found by a header of choice, and internal-only headers are taken from outsiders",
    yaml: httpBootstrap({
      hcm: "use_remote_address: true\ninternal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.9, prefix_len: 32 }] }",
      routeConfig: `name: local
vhost_header: X-Tenant
internal_only_headers: [X-Secret]
virtual_hosts:
  - { name: a, domains: [a.test], routes: [{ match: { prefix: / }, route: { cluster: one } }] }
  - { name: b, domains: ["*.b.test"], routes: [{ match: { prefix: / }, direct_response: { status: 202 } }] }`,
    }),
    requests: [
      {
        path: "/",
        headers: [
          ["x-tenant", "A.TEST"],
          ["x-secret", "s"],
        ],
      },
      { path: "/", headers: [["x-tenant", "x.b.test"]] },
      { path: "/", headers: [["host", "a.test"]] },
      { path: "/", headers: [["x-tenant", "c.test"]] },
    ],
    observe: ({ upstream }) =>
      Promise.resolve(upstream.requests.map((request) => request.header("x-secret") ?? null)),
  },
  {
    title: "a weighted cluster has headers, a host and metadata of its own, and runtime changes weights",
    yaml: httpBootstrap({
      bootstrap: `layered_runtime:
  layers: [{ name: static, static_layer: { weights.one: 0, weights.two: 1 } }]`,
      routes: `
- match: { prefix: /runtime }
  route: { weighted_clusters: { runtime_key_prefix: weights, clusters: [{ name: one, weight: 1 }, { name: two, weight: 0 }] } }
- match: { prefix: /named }
  route: { weighted_clusters: { clusters: [{ cluster_header: x-to, weight: 1 }] } }
- match: { prefix: /own }
  route:
    append_x_forwarded_host: true
    weighted_clusters: { clusters: [{ name: one, weight: 1, host_rewrite_literal: one.test }] }
- match: { prefix: / }
  request_headers_to_add: [{ header: { key: x-level, value: route } }]
  route:
    host_rewrite_literal: route.test
    weighted_clusters:
      header_name: x-draw
      clusters:
        - name: one
          weight: 1
          host_rewrite_literal: one.test
          request_headers_to_add: [{ header: { key: x-level, value: cluster } }]
          request_headers_to_remove: [x-gone]
          response_headers_to_add: [{ header: { key: x-answer, value: one } }]
        - { name: two, weight: 1 }`,
    }),
    requests: [
      { path: "/runtime" },
      { path: "/own" },
      { path: "/named", headers: [["x-to", "two"]] },
      { path: "/named" },
      { path: "/named", headers: [["x-to", "none"]] },
      {
        path: "/",
        headers: [
          ["x-draw", "0"],
          ["x-gone", "g"],
        ],
      },
      {
        path: "/",
        headers: [
          ["x-draw", "1"],
          ["x-gone", "g"],
        ],
      },
    ],
    observe: ({ upstream, upstream2 }) =>
      Promise.resolve(
        [...upstream.requests, ...upstream2.requests].map(({ target, fields }) => [
          target,
          ...fields.filter(([name]) =>
            /^(host|x-level|x-gone|x-forwarded-host|x-envoy-original-host)$/i.test(name),
          ),
        ]),
      ),
  },
];
