import { httpBootstrap, indent } from "../bootstrap.ts";
import { EXPRESSIONS, FILTERS } from "../cel-expressions.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { session } from "../tcp-session.ts";

const TYPE = "type.googleapis.com/";
const HTTP = `${TYPE}envoy.extensions.filters.http`;
const ROUTER = `- { name: router, typed_config: { "@type": ${HTTP}.router.v3.Router } }`;

const quoted = (text: string): string => JSON.stringify(text);
const file = (format: string, filter = ""): string => `
  - name: file
    typed_config:
      "@type": ${TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { ${format} }
${filter === "" ? "" : `    filter: ${filter}`}`;

const TEXT = EXPRESSIONS.map((text) => `${text.replaceAll("%", "%%")} = %CEL(${text})%`).join(" | ");
const TYPED = EXPRESSIONS.map(
  (text, i) => `${quoted(`${i} ${text}`)}: ${quoted(`%TYPED_CEL(${text})%`)}`,
).join(", ");

const BEFORE_ROUTER = `- name: state
  typed_config:
    "@type": ${HTTP}.set_filter_state.v3.Config
    on_request_headers:
      - { object_key: text, factory_key: envoy.string, format_string: { text_format_source: { inline_string: "t%REQ(x-a)%" } } }
- name: metadata
  typed_config:
    "@type": ${HTTP}.set_metadata.v3.Config
    metadata: [{ metadata_namespace: space, value: { key: value, list: [1, two], deep: { a: true } } }]
${ROUTER}`;

const ask = (path: string, ...headers: [string, string][]): CaseRequest => ({ path, headers });
const FIELDS: [string, string][] = [
  ["referer", "http://me.test/"],
  ["user-agent", "ua"],
  ["x-request-id", "given"],
  ["x-twice", "1"],
  ["x-twice", "2"],
  ["x-a", "one"],
  ["x-text", Buffer.from("é€").toString("latin1")],
];

const expressionFilter = (expression: string, config = ""): string =>
  `{ extension_filter: { name: cel, typed_config: { "@type": ${TYPE}envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter, expression: ${quoted(expression)}${config} } } }`;
/** Parsed expressions, as `google.api.expr.v1alpha1.Expr` and `cel.expr.Expr` both read. */
const ident = (name: string): string => `{ ident_expr: { name: ${name} } }`;
const select = (operand: string, field: string): string =>
  `{ select_expr: { operand: ${operand}, field: ${field} } }`;
const text = (value: string): string => `{ const_expr: { string_value: ${quoted(value)} } }`;
const call = (name: string, ...args: string[]): string =>
  `{ call_expr: { function: "${name}", args: [${args.join(", ")}] } }`;
const method = (target: string, name: string, ...args: string[]): string =>
  `{ call_expr: { target: ${target}, function: "${name}", args: [${args.join(", ")}] } }`;
const header = (name: string): string => call("_[_]", select(ident("request"), "headers"), text(name));
const isOne = call("_==_", header("x-a"), text("one"));

const ANY = "permissions: [{ any: true }], principals: [{ any: true }]";
const conditioned = (path: string, condition: string, more = "", action = "ALLOW"): string =>
  `- { name: named, match: { prefix: "${path}" }, route: { cluster: one }, metadata: { filter_metadata: { space: { key: of-route } } }, typed_per_filter_config: { rbac: { "@type": ${HTTP}.rbac.v3.RBACPerRoute, rbac: { rules: { action: ${action}, policies: { p: { ${ANY}, condition: ${condition}${more} } } } } } } }`;
const routeMetadata = call(
  "_[_]",
  select(select(ident("xds"), "route_metadata"), "filter_metadata"),
  text("space"),
);

const celMatcher = (expression: string): string =>
  `{ name: cel, typed_config: { "@type": ${TYPE}xds.type.matcher.v3.CelMatcher, expr_match: { ${expression} } } }`;
const INPUT = `{ name: cel, typed_config: { "@type": ${TYPE}xds.type.matcher.v3.HttpAttributesCelMatchInput } }`;
const predicate = (expression: string): string =>
  `{ single_predicate: { input: ${INPUT}, custom_match: ${celMatcher(expression)} } }`;
const bucket = "{ max_tokens: 1, tokens_per_fill: 1, fill_interval: 3050s }";
const expressionDescriptor = (key: string, fields: string): string =>
  `{ extension: { name: ${key}, typed_config: { "@type": ${TYPE}envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor, descriptor_key: ${key}, ${fields} } } }`;
const ALL = "{ default_value: { numerator: 100 } }";

const connectionCondition = (name: string, condition: string): string => `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
    - name: chain-${name}
      filters:
        - name: guard
          typed_config:
            "@type": ${TYPE}envoy.extensions.filters.network.rbac.v3.RBAC
            stat_prefix: ${name}
            rules: { action: ALLOW, policies: { p: { ${ANY}, condition: ${condition} } } }
        - name: echo
          typed_config: { "@type": ${TYPE}envoy.extensions.filters.network.echo.v3.Echo }
`;

export const CEL_CASES: readonly ConformanceCase[] = [
  {
    title: "expressions over attributes stand in access logs, as texts and with their types",
    yaml: httpBootstrap({
      listener: "traffic_direction: OUTBOUND\nmetadata: { filter_metadata: { of: { listener: l } } }",
      hcm: `access_log:${file(`text_format_source: { inline_string: ${quoted(`${TEXT}\n`)} }`)}${file(`json_format: { ${TYPED} }`)}`,
      httpFilters: BEFORE_ROUTER,
      clusters: `
- name: placed
  type: STATIC
  metadata: { filter_metadata: { of: { cluster: c } } }
  load_assignment:
    cluster_name: placed
    endpoints:
      - locality: { region: r, zone: z, sub_zone: s }
        metadata: { filter_metadata: { of: { locality: l } } }
        lb_endpoints:
          - { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } }, metadata: { filter_metadata: { of: { host: h } } } }`,
      virtualHost: `metadata: { filter_metadata: { of: { host: v } } }`,
      routes: `- { name: placed, match: { prefix: "/placed" }, route: { cluster: placed }, metadata: { filter_metadata: { my.ns: { number: 5, text: "a\\"b" } } } }
- { match: { prefix: "/direct" }, direct_response: { status: 404, body: { inline_string: gone } } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }`,
    }),
    reply: () => ({ headers: [["x-up", "yes"]], body: "one" }),
    requests: [
      { path: "/placed/a?b=c&d=e", headers: FIELDS },
      { method: "POST", path: "/placed", headers: FIELDS, body: "12345" },
      { path: "/direct", headers: FIELDS },
      { path: "/dead", headers: FIELDS },
    ],
    accessLog: { file: "access.log", lines: 8 },
  },
  {
    title: "expressions give headers their values",
    yaml: httpBootstrap({
      routes: `- match: { prefix: "/" }
  route: { cluster: one }
  request_headers_to_add: [{ header: { key: x-path, value: "%CEL(request.url_path)%" } }, { header: { key: x-none, value: "%CEL(request.nosuch)%" } }]
  response_headers_to_add: [{ header: { key: x-code, value: "a %CEL(response.code)% %CEL(response.headers['x-up'])% %CEL(request.headers['x-a']):2%" } }]`,
    }),
    reply: () => ({ headers: [["x-up", "yes"]], body: "one" }),
    requests: [ask("/a?b", ["x-a", "one"]), ask("/")],
  },
  {
    title: "access logs are filtered by expressions",
    yaml: httpBootstrap({
      hcm: `access_log:${FILTERS.map(([expression, config], i) => file(`text_format_source: { inline_string: "${i} %RESPONSE_CODE%\\n" }`, expressionFilter(expression, config))).join("")}${file('text_format_source: { inline_string: "end\\n" }')}`,
      routes: `- { match: { prefix: "/direct" }, direct_response: { status: 404 } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [ask("/", ["x-a", "one"]), ask("/direct")],
    accessLog: { file: "access.log", lines: 25 },
  },
  {
    title: "rbac policies have conditions on requests",
    yaml: httpBootstrap({
      httpFilters: `- { name: rbac, typed_config: { "@type": ${HTTP}.rbac.v3.RBAC } }\n${ROUTER}`,
      routes: [
        conditioned("/one", isOne),
        conditioned("/deny", isOne, "", "DENY"),
        conditioned("/starts", method(select(ident("request"), "path"), "startsWith", text("/starts/a"))),
        conditioned("/text", text("no bool")),
        conditioned("/node", call("_==_", select(select(ident("xds"), "node"), "id"), text("node"))),
        conditioned("/name", call("_==_", select(ident("xds"), "route_name"), text("named"))),
        conditioned("/metadata", call("_==_", select(routeMetadata, "key"), text("of-route"))),
        conditioned(
          "/has",
          `{ select_expr: { operand: ${select(ident("request"), "headers")}, field: x-a, test_only: true } }`,
        ),
        conditioned("/concat", call("_==_", call("_+_", text("o"), text("ne")), header("x-a"))),
        conditioned(
          "/joined",
          call("_==_", call("_+_", text("o"), text("ne")), header("x-a")),
          ", cel_config: { enable_string_concat: true }",
        ),
        conditioned(
          "/lower",
          call("_==_", method(header("x-a"), "lowerAscii"), text("one")),
          ", cel_config: { enable_string_functions: true }",
        ),
      ].join("\n"),
    }),
    requests: [
      ...[
        "one",
        "deny",
        "starts",
        "starts/a",
        "text",
        "node",
        "name",
        "metadata",
        "has",
        "concat",
        "joined",
        "lower",
      ].flatMap((path) => [
        ask(`/${path}`),
        ask(`/${path}`, ["x-a", "one"]),
        ask(`/${path}`, ["x-a", "ONE"]),
      ]),
    ],
  },
  {
    title: "rbac policies have conditions on connections",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(
  [
    connectionCondition("main", method(select(ident("source"), "address"), "startsWith", text("127.0.0.1:"))),
    connectionCondition(
      "other",
      method(select(ident("source"), "address"), "startsWith", text("127.0.0.9:")),
    ),
    connectionCondition(
      "chain",
      call("_==_", select(ident("xds"), "filter_chain_name"), text("chain-chain")),
    ),
    connectionCondition("path", call("_==_", select(ident("request"), "path"), text("/"))),
  ].join(""),
  4,
)}
`,
    observe: async ({ proxy }) => {
      const seen: unknown[] = [];
      for (const name of ["main", "other", "chain", "path"])
        seen.push(await session(await proxy.listenerPort(name), { send: "hello", until: "hello" }));
      return seen;
    },
    stats: ["main", "other", "chain", "path"].flatMap((name) => [
      `${name}.rbac.allowed`,
      `${name}.rbac.denied`,
    ]),
  },
  {
    title: "matcher trees ask expressions, before filters and for rbac",
    yaml: httpBootstrap({
      httpFilters: `- name: buffer
  typed_config:
    "@type": ${TYPE}envoy.extensions.common.matching.v3.ExtensionWithMatcher
    xds_matcher:
      matcher_list:
        matchers:
          - predicate: { or_matcher: { predicate: [${predicate(`cel_expr_parsed: { expr: ${isOne} }`)}, ${predicate(`cel_expr_checked: { expr: ${call("_==_", header("x-a"), text("two"))} }`)}, ${predicate(`checked_expr: { expr: ${call("_==_", header("x-a"), text("three"))} }`)}, ${predicate(`cel_expr_parsed: { expr: ${call("_==_", select(ident("response"), "code"), "{ const_expr: { int64_value: 404 } }")} }`)}, ${predicate(`cel_expr_parsed: { expr: ${text("no bool")} }`)}] } }
            on_match: { action: { name: skip, typed_config: { "@type": ${TYPE}envoy.extensions.filters.common.matcher.action.v3.SkipFilter } } }
    extension_config: { name: metadata, typed_config: { "@type": ${HTTP}.header_mutation.v3.HeaderMutation, mutations: { response_mutations: [{ append: { header: { key: x-filter, value: "yes" } } }] } } }
- name: rbac
  typed_config:
    "@type": ${HTTP}.rbac.v3.RBAC
    matcher:
      matcher_list:
        matchers:
          - predicate: ${predicate(`parsed_expr: { expr: ${call("_==_", header("x-out"), text("out"))} }`)}
            on_match: { action: { name: act, typed_config: { "@type": ${TYPE}envoy.config.rbac.v3.Action, name: "no", action: DENY } } }
      on_no_match: { action: { name: act, typed_config: { "@type": ${TYPE}envoy.config.rbac.v3.Action, name: "yes", action: ALLOW } } }
${ROUTER}`,
      routes: `- { match: { prefix: "/direct" }, direct_response: { status: 404 } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      ask("/"),
      ask("/", ["x-a", "one"]),
      ask("/", ["x-a", "two"]),
      ask("/", ["x-a", "three"]),
      ask("/", ["x-a", "four"]),
      ask("/direct"),
      ask("/", ["x-out", "out"]),
    ],
  },
  {
    title: "rate limit descriptors are values of expressions",
    yaml: httpBootstrap({
      httpFilters: `- name: limit
  typed_config:
    "@type": ${HTTP}.local_ratelimit.v3.LocalRateLimit
    stat_prefix: own
    filter_enabled: ${ALL}
    filter_enforced: ${ALL}
    token_bucket: { max_tokens: 100, tokens_per_fill: 1, fill_interval: 3050s }
    rate_limits:
    - actions: [${expressionDescriptor("tenant", `text: "request.headers['x-tenant']"`)}]
    - actions: [${expressionDescriptor("parsed", `parsed: ${header("x-parsed")}`)}]
    - actions: [{ generic_key: { descriptor_value: also } }, ${expressionDescriptor("maybe", `skip_if_error: true, text: "request.headers['x-maybe']"`)}]
    descriptors:
    - { entries: [{ key: tenant, value: a }], token_bucket: ${bucket} }
    - { entries: [{ key: parsed, value: b }], token_bucket: ${bucket} }
    - { entries: [{ key: generic_key, value: also }, { key: maybe, value: c }], token_bucket: ${bucket} }
    - { entries: [{ key: generic_key, value: also }], token_bucket: { max_tokens: 6, tokens_per_fill: 1, fill_interval: 6100s } }
${ROUTER}`,
    }),
    requests: [
      ask("/", ["x-tenant", "a"]),
      ask("/", ["x-tenant", "a"]),
      ask("/", ["x-parsed", "b"]),
      ask("/", ["x-parsed", "b"]),
      ask("/", ["x-maybe", "c"]),
      ask("/", ["x-maybe", "c"]),
      ask("/"),
      ask("/"),
      ask("/"),
      ask("/"),
      ask("/"),
      ask("/"),
    ],
  },
];
