import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const ANY = "[{ any: true }]";
const FORMAT =
  "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %DYNAMIC_METADATA(envoy.filters.http.rbac)% %DYNAMIC_METADATA(rbac)% %DYNAMIC_METADATA(envoy.common)%";
const LOG = `access_log: ${fileLog(FORMAT)}`;

const get = (path: string, ...headers: [string, string][]): CaseRequest => ({ path, headers });
const policy = (name: string, permissions: string, principals = ANY): string =>
  `"${name}": { permissions: ${permissions}, principals: ${principals} }`;
const header = (name: string, value: string): string =>
  `{ header: { name: ${name}, string_match: { exact: "${value}" } } }`;
const ip = (field: string, address: string): string =>
  `{ ${field}: { address_prefix: ${address}, prefix_len: 32 } }`;
const ruled = (path: string, rbac: string): string =>
  `- { match: { prefix: "${path}" }, route: { cluster: one }, metadata: { filter_metadata: { space: { key: of-route } } }, typed_per_filter_config: { rbac: { "@type": ${TYPES}.rbac.v3.RBACPerRoute${rbac === "" ? "" : `, rbac: { ${rbac} }`} } } }`;
const allow = (path: string, permissions: string, principals = ANY): string =>
  ruled(path, `rules: { policies: { ${policy("p", permissions, principals)} } }`);
const action = (name: string, kind: string): string =>
  `{ action: { name: act, typed_config: { "@type": type.googleapis.com/envoy.config.rbac.v3.Action, name: ${name}, action: ${kind} } } }`;

export const RBAC_CASES: readonly ConformanceCase[] = [
  {
    title: "rbac lets requests in by permissions, principals and matchers, by route and in the shadow",
    yaml: httpBootstrap({
      hcm: `use_remote_address: false\n${LOG}`,
      httpFilters: `- name: rbac
  typed_config:
    "@type": ${TYPES}.rbac.v3.RBAC
    track_per_rule_stats: true
    rules_stat_prefix: real
    shadow_rules_stat_prefix: try_
    rules: { action: DENY, policies: { ${policy("b no", `[${header("x-role", "guest")}]`)}, ${policy("a", `[${header("x-role", "none")}, { and_rules: { rules: [${header("x-role", "guest")}, ${header("x-more", "yes")}] } }]`)} } }
    shadow_rules: { policies: { ${policy("s", `[{ url_path: { path: { exact: /shadow } } }]`)} } }
${ROUTER}`,
      routes: `${ruled("/none", "")}
${ruled("/empty", "rules: { policies: {} }")}
${ruled("/log", `rules: { action: LOG, policies: { ${policy("l", `[${header("x-log", "yes")}]`)} } }`)}
${ruled("/only-shadow", `shadow_rules_stat_prefix: route_, shadow_rules: { action: DENY, policies: { ${policy("d", ANY)} } }`)}
${ruled("/counted", `track_per_rule_stats: true, rules_stat_prefix: own_, rules: { policies: { ${policy("c.1", `[${header('":method"', "GET")}]`)} } }`)}
${allow("/path", `[{ url_path: { path: { exact: /path/a } } }]`)}
${allow("/template", `[{ uri_template: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, path_template: "/template/*/{name}.jpg" } } }]`)}
${allow("/not", `[{ not_rule: ${header("x-no", "yes")} }]`)}
${allow("/or", `[{ or_rules: { rules: [${header("x-a", "yes")}, ${header("x-b", "yes")}] } }]`)}
${allow("/host", `[${header('":authority"', "example.test")}]`)}
${allow("/sni", `[{ requested_server_name: { exact: "" } }]`)}
${allow("/range", "[{ destination_port_range: { start: 1, end: 65536 } }]")}
${allow("/destination", `[${ip("destination_ip", "127.0.0.1")}]`)}
${allow("/remote", ANY, `[${ip("remote_ip", "10.1.2.3")}]`)}
${allow("/source", ANY, `[${ip("source_ip", "10.1.2.3")}]`)}
${allow("/direct", ANY, `[${ip("direct_remote_ip", "127.0.0.1")}]`)}
${allow("/authenticated", ANY, "[{ authenticated: {} }]")}
${allow("/ids", ANY, `[{ and_ids: { ids: [${header("x-a", "yes")}, { not_id: ${header("x-b", "yes")} }] } }]`)}
${allow("/either", ANY, `[{ or_ids: { ids: [${header("x-a", "yes")}, { url_path: { path: { suffix: /z } } }] } }]`)}
${allow("/metadata", ANY, `[{ sourced_metadata: { metadata_source: ROUTE, metadata_matcher: { filter: space, path: [{ key: key }], value: { string_match: { exact: of-route } } } } }]`)}
${allow("/dynamic", `[{ sourced_metadata: { metadata_matcher: { filter: space, path: [{ key: key }], value: { string_match: { exact: of-route } } } } }]`)}
${ruled(
  "/tree",
  `matcher: { matcher_tree: { input: { name: i, typed_config: { "@type": type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x-tree } }, exact_match_map: { map: { "in": ${action('"yes in"', "ALLOW")}, out: ${action("no out", "DENY")}, log: ${action("l", "LOG")} } } } }, shadow_matcher: { on_no_match: ${action("always", "DENY")} }`,
)}
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    requests: [
      get("/"),
      get("/", ["x-role", "guest"]),
      get("/", ["x-role", "guest"], ["x-more", "yes"]),
      get("/shadow", ["x-role", "member"]),
      get("/none", ["x-role", "guest"]),
      get("/empty"),
      get("/log"),
      get("/log", ["x-log", "yes"]),
      get("/only-shadow"),
      get("/counted"),
      { method: "POST", path: "/counted" },
      get("/path/a?q=1"),
      get("/path/b"),
      get("/template/x/cat.jpg?size=1"),
      get("/template/cat.jpg"),
      get("/template/x/y/cat.jpg"),
      get("/not"),
      get("/not", ["x-no", "yes"]),
      get("/or", ["x-b", "yes"]),
      get("/or"),
      get("/host"),
      get("/sni"),
      get("/range"),
      get("/destination"),
      get("/remote", ["x-forwarded-for", "10.1.2.3"]),
      get("/remote"),
      get("/source", ["x-forwarded-for", "10.1.2.3"]),
      get("/direct", ["x-forwarded-for", "10.1.2.3"]),
      get("/authenticated"),
      get("/ids", ["x-a", "yes"]),
      get("/ids", ["x-a", "yes"], ["x-b", "yes"]),
      get("/either/z"),
      get("/either"),
      get("/metadata"),
      get("/dynamic"),
      get("/tree", ["x-tree", "in"]),
      get("/tree", ["x-tree", "out"]),
      get("/tree", ["x-tree", "log"]),
      get("/tree", ["x-tree", "else"]),
      get("/tree"),
      { method: "POST", path: "/empty", headers: [["content-type", "application/grpc"]] },
    ],
    stats: [
      "real.allowed",
      "real.denied",
      "try_.shadow_allowed",
      "try_.shadow_denied",
      "real.policy.a.denied",
      "real.policy.b no.denied",
      "try_.policy.s.shadow_allowed",
      "real.policy.c.1.allowed",
    ].map((name) => `http.main.rbac.${name}`),
    accessLog: { file: "access.log", lines: 41 },
  },
];
