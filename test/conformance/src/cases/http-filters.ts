import type { Fields } from "@sluice/harness";
import { httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http";

/** `http_filters` of one filter `it` and the router. `type`: below `envoy.extensions.filters.http.`; `fields` in YAML flow style. */
function filterAndRouter(type: string, fields = ""): string {
  return `- name: it
  typed_config: { "@type": ${TYPE}.${type}${fields === "" ? "" : `, ${fields}`} }
- name: router
  typed_config: { "@type": ${TYPE}.router.v3.Router }`;
}

/** `typed_per_filter_config` of `it`. */
function perRoute(type: string, fields: string): string {
  return `typed_per_filter_config: { it: { "@type": ${TYPE}.${type}, ${fields} } }`;
}

function append(key: string, value: string, action = "APPEND_IF_EXISTS_OR_ADD", more = ""): string {
  return `{ append: { header: { key: ${key}, value: "${value}" }, append_action: ${action}${more} } }`;
}

function levels(own: string, wins: boolean): ConformanceCase {
  const type = "header_mutation.v3.HeaderMutationPerRoute";
  const level = (name: string): string =>
    perRoute(
      type,
      `mutations: { response_mutations: [${append("x-l", name)}, ${append("x-o", name, "OVERWRITE_IF_EXISTS_OR_ADD")}] }`,
    );
  return {
    title: `header mutations of every level apply, ${own} last`,
    yaml: httpBootstrap({
      httpFilters: filterAndRouter(
        "header_mutation.v3.HeaderMutation",
        `most_specific_header_mutations_wins: ${wins}, mutations: { response_mutations: [${append("x-l", "own")}] }`,
      ),
      routeConfig: `name: local
${level("table")}
virtual_hosts:
  - name: all
    domains: ["*"]
    ${level("host")}
    routes:
      - match: { prefix: "/" }
        route: { cluster: one }
        ${level("route")}`,
    }),
    requests: [{ path: "/" }],
  };
}

/** What an OPTIONS request that passes is framed with is another case's matter: it has a body here. */
function cors(path: string, method: string, ...headers: Fields): CaseRequest {
  const asks = headers.includes(ASKS);
  const answered = asks && (path === "/any" || path === "/own" || (path === "/all" && headers.includes(A)));
  return method === "OPTIONS" && !answered ? { path, method, headers, body: "x" } : { path, method, headers };
}
const A: Fields[number] = ["origin", "http://a.test"];
const B: Fields[number] = ["origin", "http://b.test"];
const ASKS: Fields[number] = ["access-control-request-method", "PUT"];

function corsRoute(path: string, fields: string): string {
  return `- match: { prefix: "${path}" }
  route: { cluster: one }
  ${perRoute("cors.v3.CorsPolicy", fields)}`;
}

export const HTTP_FILTER_CASES: readonly ConformanceCase[] = [
  {
    title: "header mutations edit requests and responses in order, by every action",
    yaml: httpBootstrap({
      httpFilters: filterAndRouter(
        "header_mutation.v3.HeaderMutation",
        `mutations: { request_mutations: [
          { remove: X-Gone }, ${append("x-new", "path=%REQ(:path)%")}, ${append("x-list", "2")},
          ${append("x-absent", "no", "ADD_IF_ABSENT")}, ${append("x-fresh", "yes", "ADD_IF_ABSENT")},
          ${append("x-over", "yes", "OVERWRITE_IF_EXISTS")}, ${append("x-none", "no", "OVERWRITE_IF_EXISTS")},
          ${append("x-set", "yes", "OVERWRITE_IF_EXISTS_OR_ADD")}, ${append("x-empty", "%REQ(x-nothing)%")},
          ${append("x-kept", "", "APPEND_IF_EXISTS_OR_ADD", ", keep_empty_value: true")},
          { remove_on_match: { key_matcher: { prefix: x-secret- } } }],
          response_mutations: [${append("x-answer", "%REQ(x-new)% %RESP(content-type)%")}, { remove: content-type }] }`,
      ),
      routes: `- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: hi } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      { path: "/p?q" },
      {
        path: "/p",
        headers: [
          ["x-gone", "1"],
          ["x-list", "1"],
          ["x-absent", "1"],
          ["x-over", "1"],
          ["x-secret-a", "1"],
          ["X-Secret-B", "2"],
        ],
      },
      { path: "/direct" },
    ],
  },
  levels("the least specific", false),
  levels("the most specific", true),
  {
    title: "CORS policies answer preflights and mark responses",
    yaml: httpBootstrap({
      httpFilters: filterAndRouter("cors.v3.Cors"),
      routes: [
        corsRoute(
          "/all",
          "allow_origin_string_match: [{ exact: 'http://a.test' }], allow_methods: 'GET,PUT', allow_headers: x-a, expose_headers: x-b, max_age: '60', allow_credentials: true, allow_private_network_access: true",
        ),
        corsRoute("/any", "allow_origin_string_match: [{ safe_regex: { regex: '\\*' } }]"),
        corsRoute(
          "/own",
          "allow_origin_string_match: [{ prefix: 'http://a' }], forward_not_matching_preflights: false, allow_methods: PUT, allow_headers: x-a, expose_headers: x-b, max_age: '60', allow_credentials: true",
        ),
        corsRoute(
          "/off",
          "allow_origin_string_match: [{ prefix: 'http://a' }], filter_enabled: { default_value: { numerator: 0 } }",
        ),
        corsRoute(
          "/shadow",
          "allow_origin_string_match: [{ prefix: 'http://a' }], filter_enabled: { default_value: { numerator: 0 } }, shadow_enabled: { default_value: { numerator: 100 } }",
        ),
        `- match: { prefix: "/direct" }
  direct_response: { status: 200, body: { inline_string: hi } }
  ${perRoute("cors.v3.CorsPolicy", "allow_origin_string_match: [{ prefix: 'http' }]")}`,
        '- { match: { prefix: "/" }, route: { cluster: one } }',
      ].join("\n"),
    }),
    requests: ["/all", "/any", "/own", "/off", "/shadow", "/direct", "/none"].flatMap((path) => [
      cors(path, "GET", A),
      cors(path, "GET", B),
      cors(path, "GET"),
      cors(path, "OPTIONS", A),
      cors(path, "OPTIONS", A, ASKS),
      cors(path, "OPTIONS", B, ASKS),
      cors(path, "OPTIONS", A, ASKS, ["access-control-request-private-network", "true"]),
    ]),
    stats: ["http.main.cors.origin_valid", "http.main.cors.origin_invalid"],
  },
  {
    title: "requests are buffered whole, up to the filter's limit and beyond the listener's",
    yaml: httpBootstrap({
      httpFilters: filterAndRouter("buffer.v3.Buffer", "max_request_bytes: 10"),
      listener: "per_connection_buffer_limit_bytes: 5",
    }),
    requests: [{ path: "/" }, { path: "/", method: "POST", body: "0123456789" }],
  },
  {
    title: "a request over the filter's buffer limit is 413",
    yaml: httpBootstrap({ httpFilters: filterAndRouter("buffer.v3.Buffer", "max_request_bytes: 10") }),
    requests: [{ path: "/", method: "POST", body: "01234567890" }],
    stats: ["http.main.downstream_rq_too_large"],
  },
  {
    title: "a filter with a matcher before it is left out where the matcher says so",
    yaml: httpBootstrap({
      httpFilters: `- name: matched
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher
    extension_config:
      name: edit
      typed_config: { "@type": ${TYPE}.header_mutation.v3.HeaderMutation, mutations: { request_mutations: [${append("x-edited", "request")}], response_mutations: [${append("x-edited", "response")}] } }
    xds_matcher:
      matcher_tree:
        input: { name: header, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-mode } }
        exact_match_map:
          map:
            "off": { action: { name: skip, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter } } }
- name: answered
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher
    extension_config:
      name: edit
      typed_config: { "@type": ${TYPE}.header_mutation.v3.HeaderMutation, mutations: { request_mutations: [${append("x-second", "request")}], response_mutations: [${append("x-second", "response")}] } }
    xds_matcher:
      matcher_list:
        matchers:
        - predicate: { single_predicate: { input: { name: status, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpResponseHeaderMatchInput, header_name: x-plain } }, value_match: { exact: "yes" } } }
          on_match: { action: { name: skip, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter } } }
- name: router
  typed_config: { "@type": ${TYPE}.router.v3.Router }`,
    }),
    reply: (request) => ({ body: "one", headers: [["x-plain", request.target === "/plain" ? "yes" : "no"]] }),
    requests: [
      { path: "/" },
      { path: "/", headers: [["x-mode", "off"]] },
      { path: "/", headers: [["x-mode", "on"]] },
      { path: "/plain", method: "POST", body: "b" },
    ],
  },
];
