import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { base64Url, keySet, type SigningKey, signingKey, token } from "../jwt-issuer.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters.http";
export const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.router.v3.Router } }`;
const PER_ROUTE = `"@type": ${TYPES}.jwt_authn.v3.PerRouteConfig`;
const COUNTERS = [
  "allowed",
  "denied",
  "cors_preflight_bypassed",
  "jwks_fetch_success",
  "jwks_fetch_failed",
  "jwt_cache_hit",
  "jwt_cache_miss",
];
export const STATS = COUNTERS.map((name) => `http.main.jwt_authn.${name}`);
const LOG =
  "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %DYNAMIC_METADATA(envoy.filters.http.jwt_authn)%";

export const RSA = signingKey("RS256", "rsa");
export const EC = signingKey("ES256", "ec");
const HMAC = signingKey("HS256", "mac");
export const KEYS = keySet(RSA, EC, HMAC);
/** Far away from any clock's skew. */
const PAST = 1_000_000_000;
const FUTURE = 4_102_444_800;

export const good = { iss: "issuer", sub: "ann", aud: "shop", exp: FUTURE };

/** The filter `jwt`; `config`: YAML of JwtAuthentication. */
export const filter = (config: string, name = "jwt"): string => `- name: ${name}
  typed_config:
    "@type": ${TYPES}.jwt_authn.v3.JwtAuthentication
    ${config.replaceAll("\n", "\n    ")}
`;
/** A provider with the usual keys. */
const provider = (name: string, more = "", keys = KEYS): string =>
  `${name}: { local_jwks: { inline_string: '${keys}' }${more === "" ? "" : `, ${more}`} }`;
const one = (more = "", rest = ""): string => `providers: { ${provider("p", more)} }
rules: [{ match: { prefix: / }, requires: { provider_name: p } }]
${rest}`;

export const bearer = (text: string): [string, string] => ["authorization", `Bearer ${text}`];
export const get = (path: string, ...headers: [string, string][]): CaseRequest => ({
  path,
  headers: [["host", "example.test"], ...headers],
});
/** With a token in the usual place. */
const withToken = (key: SigningKey, payload: unknown, header: object = {}): CaseRequest =>
  get("/", bearer(token(key, payload, header)));

interface Parts {
  readonly title: string;
  readonly config: string;
  readonly requests: readonly CaseRequest[];
  readonly routes?: string;
  readonly before?: string;
  readonly after?: string;
  readonly stats?: readonly string[];
}

function jwtCase({
  title,
  config,
  requests,
  routes,
  before = "",
  after = "",
  stats = STATS,
}: Parts): ConformanceCase {
  return {
    title: `jwt_authn ${title}`,
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog(LOG)}`,
      httpFilters: `${before}${filter(config)}${after}${ROUTER}`,
      ...(routes === undefined ? {} : { routes }),
    }),
    requests,
    stats,
    accessLog: { file: "access.log", lines: requests.length },
  };
}

const FAMILIES = ["ES", "HS", "RS", "PS"];
const ALGORITHMS = [...FAMILIES.flatMap((f) => [`${f}256`, `${f}384`, `${f}512`]), "EdDSA"];

const ALGORITHM_CASES = [...FAMILIES, "EdDSA"].map((family) => {
  const keys = ALGORITHMS.filter((alg) => alg.startsWith(family)).map((alg) => signingKey(alg, alg));
  const stranger = signingKey(keys[0]?.alg ?? "", keys[0]?.kid ?? "");
  return jwtCase({
    title: `verifies signatures of ${family}`,
    config: `providers: { ${provider("p", "", keySet(...keys))} }
rules: [{ match: { prefix: / }, requires: { provider_name: p } }]`,
    requests: [
      ...keys.flatMap((key) => {
        const whole = token(key, good);
        const at = whole.lastIndexOf(".") + 10;
        const broken = `${whole.slice(0, at)}${whole[at] === "A" ? "B" : "A"}${whole.slice(at + 1)}`;
        return [whole, broken, whole.slice(0, -4)].map((text) => get("/", bearer(text)));
      }),
      withToken(stranger, good),
      withToken(stranger, good, { kid: undefined }),
    ],
  });
});

const bare = (jwk: SigningKey["jwk"], ...without: readonly string[]): object =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !without.includes(name)));
const claimed = (payload: unknown): CaseRequest => withToken(RSA, payload);
const raw = (head: string, payload: string, signature = "AAAA"): CaseRequest =>
  get("/", bearer(`${base64Url(head)}.${base64Url(payload)}.${signature}`));

export const JWT_AUTHN_CASES: readonly ConformanceCase[] = [
  ...ALGORITHM_CASES,
  jwtCase({
    title: "takes keys without alg, kid or crv, and keys of several kinds",
    config: `providers: { ${provider(
      "p",
      "",
      JSON.stringify({
        keys: [
          bare(signingKey("RS256", "x").jwk, "alg", "kid"),
          bare(RSA.jwk, "alg", "kid"),
          bare(EC.jwk, "alg", "kid", "crv"),
          bare(HMAC.jwk, "alg"),
          "no key",
          { kty: "none" },
        ],
      }),
    )} }
rules: [{ match: { prefix: / }, requires: { provider_name: p } }]`,
    requests: [
      withToken(RSA, good),
      withToken(RSA, good, { alg: "RS512" }),
      withToken(RSA, good, { alg: "PS384" }),
      withToken(EC, good),
      withToken(EC, good, { kid: "other" }),
      withToken(HMAC, good),
      withToken(HMAC, good, { alg: "HS384" }),
      withToken(HMAC, good, { kid: "other" }),
    ],
  }),
  jwtCase({
    title: "tells keys of another kid or alg from signatures that are wrong",
    config: one(),
    requests: [
      withToken(RSA, good, { kid: "unknown" }),
      withToken(RSA, good, { alg: "RS384" }),
      withToken(RSA, good, { kid: "ec" }),
      withToken(RSA, good, { kid: undefined }),
    ],
  }),
  jwtCase({
    title: "asks for times",
    config: one("clock_skew_seconds: 5"),
    requests: [
      claimed({ ...good, exp: PAST }),
      claimed({ ...good, nbf: FUTURE }),
      claimed({ ...good, exp: 0 }),
      claimed({ ...good, exp: undefined }),
      claimed({ ...good, nbf: PAST, iat: FUTURE }),
      claimed({ ...good, exp: Math.floor(Date.now() / 1000) - 30 }),
    ],
  }),
  jwtCase({
    title: "asks for an expiration or a lifetime",
    config: `providers:
  ${provider("e", "require_expiration: true, failed_status_in_metadata: f")}
  ${provider("l", "max_lifetime: 3600s, failed_status_in_metadata: f")}
rules:
- { match: { prefix: /e }, requires: { provider_name: e } }
- { match: { prefix: /l }, requires: { provider_name: l } }`,
    requests: ["/e", "/l"].flatMap((path) =>
      [FUTURE, undefined, Math.floor(Date.now() / 1000) + 600].map((exp) =>
        get(path, bearer(token(RSA, { ...good, exp }))),
      ),
    ),
  }),
  jwtCase({
    title: "asks for subjects",
    config: one("subjects: { prefix: an }, failed_status_in_metadata: f"),
    requests: [
      claimed(good),
      claimed({ ...good, sub: "bob" }),
      claimed({ ...good, sub: undefined }),
      claimed({ ...good, sub: "bob", aud: 4 }),
      withToken(signingKey("RS256", "rsa"), { ...good, sub: "bob" }),
    ],
  }),
  jwtCase({
    title: "asks for issuers",
    config: one("issuer: issuer"),
    requests: [
      claimed(good),
      claimed({ ...good, iss: "other" }),
      claimed({ ...good, iss: undefined }),
      claimed({ ...good, iss: "other", exp: PAST }),
    ],
  }),
  jwtCase({
    title: "asks for audiences, whatever their scheme",
    config: `providers: { ${provider("p", 'audiences: ["https://shop/", desk]')} }
rules:
- { match: { prefix: /own }, requires: { provider_and_audiences: { provider_name: p, audiences: [mine] } } }
- { match: { prefix: /same }, requires: { provider_and_audiences: { provider_name: p } } }
- { match: { prefix: / }, requires: { provider_name: p } }`,
    requests: [
      ...["shop", "http://shop", "shop/", ["other", "desk"], "desks", [], undefined, "https://desk//"].map(
        (aud) => claimed({ ...good, aud }),
      ),
      get("/own", bearer(token(RSA, { ...good, aud: "mine" }))),
      get("/own", bearer(token(RSA, good))),
      get("/same", bearer(token(RSA, good))),
      claimed({ ...good, aud: "no", exp: PAST }),
    ],
  }),
  jwtCase({
    title: "says what is wrong with a token's form",
    config: one("failed_status_in_metadata: failure"),
    requests: [
      get("/"),
      get("/", bearer("a.b")),
      get("/", bearer("a..b.c.d")),
      get("/", bearer("!!")),
      get("/", bearer("a.b.c")),
      get("/", ["authorization", "Basic abc"]),
      get("/", ["authorization", "bearer abc"]),
      get("/", ["authorization", "Bearer"]),
      get("/", ["authorization", "x Bearer  , a.b.c"]),
      raw("no", "{}"),
      raw("[]", "{}"),
      raw("{}", "{}"),
      raw('{"alg":3}', "{}"),
      raw('{"alg":"none"}', "{}"),
      raw('{"alg":"HS256","kid":1}', "{}"),
      raw('{"alg":"HS256","kid":null}', "{}"),
      raw('{"alg":"HS256"}', "no"),
      raw('{"alg":"HS256"}', '{"iss":1}'),
      raw('{"alg":"HS256"}', '{"sub":[]}'),
      raw('{"alg":"HS256"}', '{"iat":"1"}'),
      raw('{"alg":"HS256"}', '{"iat":-1}'),
      raw('{"alg":"HS256"}', '{"nbf":{}}'),
      raw('{"alg":"HS256"}', '{"nbf":1e30}'),
      raw('{"alg":"HS256"}', '{"exp":true}'),
      raw('{"alg":"HS256"}', '{"exp":-0.5}'),
      raw('{"alg":"HS256"}', '{"jti":1}'),
      raw('{"alg":"HS256"}', '{"aud":1}'),
      raw('{"alg":"HS256"}', '{"aud":["a",1]}'),
      raw('{"alg":"HS256"}', "{}", "A"),
      raw('{"alg":"HS256"}', "{}", "AA=="),
      raw('{"alg":"HS256"}', "{}", "AA="),
      raw('{"alg":"HS256"}', '{"exp":1.9}', "AAB"),
      get(`/${"long/".repeat(80)}?q=1`),
    ],
  }),
  jwtCase({
    title: "finds tokens in headers, parameters and cookies",
    config: `providers:
  ${provider("p", "from_headers: [{ name: X-Token }, { name: x-prefixed, value_prefix: 'Token=' }], from_params: [t, u], from_cookies: [c]")}
  ${provider("d")}
rules:
- { match: { prefix: /default }, requires: { provider_name: d } }
- { match: { prefix: / }, requires: { provider_name: p } }`,
    requests: [
      get("/", ["x-token", token(RSA, good)]),
      get("/", ["x-token", token(RSA, good)], ["x-token", token(EC, good)]),
      get("/", ["x-token", token(RSA, good)], ["x-token", "bad"]),
      get("/", ["x-prefixed", `a Token=${token(RSA, good)}`]),
      get("/", ["x-prefixed", token(RSA, good)]),
      get(`/?b=2&t=${token(RSA, good)}&a=1%2F`),
      get(`/?t=${token(RSA, good).replaceAll(".", "%2E")}`),
      get(`/?u=${token(EC, good)}&t=bad`),
      get("/?t="),
      get("/", ["cookie", `a=b; c=${token(RSA, good)}`]),
      get("/", ["cookie", `c=${token(RSA, good)}`], ["x-token", "bad"]),
      get("/", bearer(token(RSA, good))),
      get(`/default?access_token=${token(RSA, good)}`),
      get(`/default?access_token=${token(RSA, good)}`, bearer(token(EC, good))),
    ],
  }),
  jwtCase({
    title: "passes on tokens, payloads and claims",
    config: `providers:
  ${provider("p", "forward: true, forward_payload_header: X-Payload, from_params: [t], from_headers: [{ name: x-token }]")}
  ${provider("q", "forward_payload_header: X-Payload, pad_forward_payload_header: true")}
  ${provider("c", "claim_to_headers: [{ header_name: X-Sub, claim_name: sub }, { header_name: x-deep, claim_name: a.b.c }, { header_name: x-list, claim_name: list }, { header_name: x-object, claim_name: object }, { header_name: x-number, claim_name: number }, { header_name: x-half, claim_name: half }, { header_name: x-less, claim_name: less }, { header_name: x-flag, claim_name: flag }, { header_name: x-null, claim_name: nothing }, { header_name: x-text, claim_name: text }, { header_name: x-dots, claim_name: a.b }, { header_name: x-empty, claim_name: empty }, { header_name: x-huge, claim_name: huge }]")}
rules:
- { match: { prefix: /p }, requires: { provider_name: p } }
- { match: { prefix: /q }, requires: { provider_name: q } }
- { match: { prefix: /c }, requires: { provider_name: c } }
- { match: { prefix: /open } }`,
    requests: [
      get(`/p?t=${token(RSA, good)}`, ["x-payload", "forged"]),
      get("/p", ["x-token", token(RSA, good)]),
      get("/q", bearer(token(RSA, { ...good, more: "a" }))),
      get("/q", bearer(token(RSA, { ...good, more: "ab" }))),
      get("/q", bearer(token(RSA, { ...good, more: "abc" }))),
      get(
        "/c",
        ["x-sub", "forged"],
        ["x-null", "forged"],
        bearer(
          token(RSA, {
            ...good,
            a: { b: { c: "deep" } },
            "a.b": "literal",
            list: ["a", 1, true, null, { x: "<ü>" }, 0.5],
            object: { one: 1 },
            number: 12345678901,
            half: 1.25,
            less: -3,
            flag: true,
            nothing: null,
            text: "grün",
            empty: "",
            huge: 1e25,
          }),
        ),
      ),
      get("/open", ["x-sub", "forged"], ["x-payload", "forged"]),
      get("/elsewhere", ["x-sub", "forged"], ["x-payload", "forged"]),
    ],
  }),
  jwtCase({
    title: "takes claims by their path",
    config: one(
      "claim_to_headers: [{ header_name: x-url, claim_path: [{ key: 'http://a.b/c' }] }, { header_name: x-deep, claim_path: [{ key: a }, { key: 'b.c' }] }, { header_name: x-gone, claim_path: [{ key: a }, { key: b }, { key: c }] }, { header_name: x-name, claim_name: 'http://a.b/c' }]",
    ),
    requests: [claimed({ ...good, "http://a.b/c": "url", a: { "b.c": 5 } })],
  }),
  jwtCase({
    title: "writes metadata that the filters behind it read",
    config: one(
      "payload_in_metadata: payload, header_in_metadata: head, failed_status_in_metadata: failure, normalize_payload_in_metadata: { space_delimited_claims: [scope, none, sub] }",
    ),
    after: `- name: rbac
  typed_config:
    "@type": ${TYPES}.rbac.v3.RBAC
    rules:
      policies:
        ann: { permissions: [{ any: true }], principals: [{ metadata: { filter: envoy.filters.http.jwt_authn, path: [{ key: payload }, { key: scope }], value: { list_match: { one_of: { string_match: { exact: write } } } } } }] }
`,
    requests: [
      claimed({ scope: " read  write " }),
      claimed({ scope: "read" }),
      claimed({ scope: " " }),
      claimed({ scope: 3 }),
      claimed({ scope: "write", exp: PAST }),
    ],
  }),
  jwtCase({
    title: "takes one of several requirements, or all of them",
    config: `providers:
  ${provider("p", "issuer: one, forward: true, payload_in_metadata: p, from_headers: [{ name: x-one }], forward_payload_header: x-payload")}
  ${provider("q", "issuer: two, forward: true, payload_in_metadata: q, from_headers: [{ name: x-two }], forward_payload_header: x-payload")}
rules:
- { match: { prefix: /any }, requires: { requires_any: { requirements: [{ provider_name: p }, { provider_name: q }] } } }
- { match: { prefix: /all }, requires: { requires_all: { requirements: [{ provider_name: p }, { provider_name: q }] } } }
- { match: { prefix: /missing }, requires: { requires_any: { requirements: [{ provider_name: p }, { provider_name: q }, { allow_missing: {} }] } } }
- { match: { prefix: /failed }, requires: { requires_any: { requirements: [{ provider_name: p }, { allow_missing_or_failed: {} }] } } }
- { match: { prefix: /nested }, requires: { requires_all: { requirements: [{ requires_any: { requirements: [{ provider_name: p }, { provider_name: q }] } }, { provider_and_audiences: { provider_name: q, audiences: [shop] } }] } } }
- { match: { prefix: /only }, requires: { requires_any: { requirements: [{ allow_missing: {} }, { allow_missing: {} }] } } }`,
    requests: ["/any", "/all", "/missing", "/failed", "/nested", "/only"].flatMap((path) => {
      const p: [string, string] = ["x-one", token(RSA, { ...good, iss: "one" })];
      const q: [string, string] = ["x-two", token(RSA, { ...good, iss: "two" })];
      const wrong: [string, string] = ["x-one", token(RSA, good)];
      const late: [string, string] = ["x-two", token(RSA, { ...good, iss: "two", exp: PAST })];
      const far: [string, string] = ["x-two", token(RSA, { ...good, iss: "two", aud: "desk" })];
      return [[], [p], [q], [p, q], [wrong], [late], [wrong, late], [p, late], [p, far], [wrong, q]].map(
        (headers) => get(path, ...headers),
      );
    }),
  }),
  jwtCase({
    title: "lets tokens be missing, or bad, or only reads them",
    config: `providers:
  ${provider("p", "issuer: one, forward: true, payload_in_metadata: p, claim_to_headers: [{ header_name: x-sub, claim_name: sub }], failed_status_in_metadata: f")}
  ${provider("q", "issuer: two, payload_in_metadata: q, from_headers: [{ name: x-two }], failed_status_in_metadata: f")}
rules:
- { match: { prefix: /missing }, requires: { allow_missing: {} } }
- { match: { prefix: /failed }, requires: { allow_missing_or_failed: {} } }
- { match: { prefix: /extract }, requires: { extract_only_without_validation: {} } }
- { match: { prefix: /named }, requires: { extract_only_without_validation: { verification_status_header: X-Checked } } }
- { match: { prefix: /silent }, requires: { extract_only_without_validation: { verification_status_header: "-" } } }
- { match: { prefix: /nothing }, requires: {} }`,
    requests: ["/missing", "/failed", "/extract", "/named", "/silent", "/nothing"].flatMap((path) => {
      const p = bearer(token(RSA, { ...good, iss: "one" }));
      const q: [string, string] = ["x-two", token(RSA, { ...good, iss: "two" })];
      const other = bearer(token(RSA, { ...good, iss: "three" }));
      const late = bearer(token(RSA, { ...good, iss: "one", exp: PAST }));
      const forged = bearer(token(signingKey("RS256", "rsa"), { ...good, iss: "one" }));
      const verified: [string, string] = ["x-jwt-signature-verified", "true"];
      const checked: [string, string] = ["x-checked", "true"];
      return [
        [],
        [p],
        [p, q],
        [other],
        [late, q],
        [forged],
        [bearer("a.b.c")],
        [verified, checked],
        [p, verified],
      ].map((headers) => get(path, ...headers));
    }),
  }),
  jwtCase({
    title: "finds its rule by path, headers and parameters",
    config: `providers: { ${provider("p")} }
requirement_map: { r: { provider_name: p }, s: {} }
rules:
- { match: { path: /exact }, requires: { provider_name: p } }
- { match: { safe_regex: { regex: "/re[0-9]" } }, requirement_name: r }
- { match: { path_separated_prefix: /sep }, requires: { provider_name: p } }
- { match: { prefix: /CASE, case_sensitive: false }, requires: { provider_name: p } }
- { match: { prefix: /h, headers: [{ name: x-a, string_match: { exact: b } }] }, requires: { provider_name: p } }
- { match: { prefix: /q, query_parameters: [{ name: a, string_match: { exact: b } }] }, requirement_name: r }
- { match: { prefix: /g, grpc: {} }, requirement_name: r }
- { match: { path_match_policy: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, path_template: "/t/*/x" } } }, requirement_name: r }
- { match: { prefix: /s }, requirement_name: s }`,
    requests: [
      get("/exact"),
      get("/exact?a=b"),
      get("/exact/more"),
      get("/re1"),
      get("/re1?x"),
      get("/re12"),
      get("/sep"),
      get("/sep/a"),
      get("/separate"),
      get("/case"),
      get("/h", ["x-a", "b"]),
      get("/h"),
      get("/q?a=b"),
      get("/q?a=c"),
      get("/g"),
      get("/t/1/x"),
      get("/t/1/y"),
    ],
  }),
  jwtCase({
    title: "goes by the filter state where no rule matches",
    before: `- name: state
  typed_config:
    "@type": ${TYPES}.set_filter_state.v3.Config
    on_request_headers: [{ object_key: which, factory_key: envoy.string, format_string: { text_format_source: { inline_string: "%REQ(x-which)%" } } }]
`,
    config: `providers: { ${provider("p")} }
rules: [{ match: { prefix: /open } }]
filter_state_rules: { name: which, requires: { strict: { provider_name: p }, lax: { allow_missing: {} } } }`,
    requests: [
      get("/", ["x-which", "strict"]),
      get("/", ["x-which", "strict"], bearer(token(RSA, good))),
      get("/", ["x-which", "lax"]),
      get("/", ["x-which", "other"]),
      get("/open", ["x-which", "strict"]),
      get("/"),
    ],
  }),
  jwtCase({
    title: "does as routes say",
    config: `providers: { ${provider("p")} }
requirement_map: { strict: { provider_name: p }, lax: { allow_missing: {} } }
rules: [{ match: { prefix: / }, requires: { provider_name: p } }]`,
    routes: `- { match: { prefix: /off }, route: { cluster: one }, typed_per_filter_config: { jwt: { ${PER_ROUTE}, disabled: true } } }
- { match: { prefix: /lax }, route: { cluster: one }, typed_per_filter_config: { jwt: { ${PER_ROUTE}, requirement_name: lax } } }
- { match: { prefix: /strict }, route: { cluster: one }, typed_per_filter_config: { jwt: { ${PER_ROUTE}, requirement_name: strict } } }
- { match: { prefix: /wrong }, route: { cluster: one }, typed_per_filter_config: { jwt: { ${PER_ROUTE}, requirement_name: no such } } }
- { match: { prefix: / }, route: { cluster: one } }`,
    requests: ["/off", "/lax", "/strict", "/wrong", "/"].map((path) => get(path)),
  }),
  jwtCase({
    title: "lets CORS preflights pass",
    config: one("claim_to_headers: [{ header_name: x-sub, claim_name: sub }]", "bypass_cors_preflight: true"),
    requests: [
      {
        ...get("/", ["origin", "http://a"], ["access-control-request-method", "GET"], ["x-sub", "a"]),
        method: "OPTIONS",
      },
      { ...get("/", ["origin", "http://a"]), method: "OPTIONS" },
      { ...get("/", ["access-control-request-method", "GET"]), method: "OPTIONS" },
      get("/", ["origin", "http://a"], ["access-control-request-method", "GET"]),
    ],
  }),
  jwtCase({
    title: "strips its refusals, and names its stats",
    config: `${one("", "strip_failure_response: true\nstat_prefix: mine")}
requirement_map: {}`,
    routes: `- { match: { prefix: /wrong }, route: { cluster: one }, typed_per_filter_config: { jwt: { ${PER_ROUTE}, requirement_name: x } } }
- { match: { prefix: / }, route: { cluster: one } }`,
    requests: [get("/"), get("/", bearer("a.b.c")), get("/wrong"), withToken(RSA, good)],
    stats: COUNTERS.map((name) => `http.main.jwt_authn.mine.${name}`),
  }),
  jwtCase({
    title: "looks for the route again once claims are headers, or in metadata",
    config: `providers:
  ${provider("p", "clear_route_cache: true, claim_to_headers: [{ header_name: x-sub, claim_name: sub }]")}
  ${provider("m", "clear_route_cache: true, payload_in_metadata: m")}
  ${provider("none", "claim_to_headers: [{ header_name: x-sub, claim_name: sub }]")}
rules:
- { match: { prefix: /p }, requires: { provider_name: p } }
- { match: { prefix: /m }, requires: { provider_name: m } }
- { match: { prefix: /none }, requires: { provider_name: none } }`,
    routes: `- { match: { prefix: /, headers: [{ name: x-sub, string_match: { exact: ann } }] }, route: { cluster: two } }
- { match: { prefix: /, dynamic_metadata: [{ filter: envoy.filters.http.jwt_authn, path: [{ key: m }, { key: sub }], value: { string_match: { exact: ann } } }] }, route: { cluster: two } }
- { match: { prefix: / }, route: { cluster: one } }`,
    requests: ["/p", "/m", "/none"].map((path) => get(path, bearer(token(RSA, good)))),
  }),
  jwtCase({
    title: "remembers good tokens",
    config: `providers:
  ${provider("p", "jwt_cache_config: { jwt_cache_size: 1 }")}
  ${provider("s", "jwt_cache_config: { jwt_max_token_size: 10 }")}
rules:
- { match: { prefix: /small }, requires: { provider_name: s } }
- { match: { prefix: / }, requires: { provider_name: p } }`,
    requests: (() => {
      const a = bearer(token(RSA, good));
      const b = bearer(token(EC, good));
      const late = bearer(token(RSA, { ...good, exp: PAST }));
      return [a, a, b, a, late, late]
        .map((header) => get("/", header))
        .concat([get("/small", a), get("/small", a)]);
    })(),
  }),
];
