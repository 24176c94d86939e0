import { createHash } from "node:crypto";
import { any, type Dice, type Json, type JsonObject } from "./dice.ts";
import { HASHED_STATE } from "./hash-policies.ts";
import { mutations } from "./header-edits.ts";
import { headerMatch, runtimeFraction } from "./route-match.ts";
import { stringMatch } from "./string-match.ts";

const FILTERS = "envoy.extensions.filters.http";
const user = (name: string, password: string): string =>
  `${name}:{SHA}${createHash("sha1").update(password).digest("base64")}`;
const USERS: JsonObject = { inline_string: [user("ann", "secret"), user("bob", "pass:word")].join("\n") };

const GZIP: JsonObject = {
  name: "gzip",
  typed_config: any("envoy.extensions.compression.gzip.compressor.v3.Gzip"),
};
const cookieSession = (name: string, path: string): JsonObject => ({
  session_state: {
    name: "envoy.http.stateful_session.cookie",
    typed_config: any("envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState", {
      cookie: { name, path },
    }),
  },
});
const headerSession = (name: string): JsonObject => ({
  session_state: {
    name: "envoy.http.stateful_session.header",
    typed_config: any("envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState", { name }),
  },
});

/** Filters that leave requests alone until a route or virtual host says more. */
const INERT: readonly { readonly name: string; readonly config: JsonObject; readonly disabled?: boolean }[] =
  [
    { name: "cors", config: any(`${FILTERS}.cors.v3.Cors`) },
    {
      name: "csrf",
      config: any(`${FILTERS}.csrf.v3.CsrfPolicy`, {
        filter_enabled: { default_value: { numerator: 0, denominator: "HUNDRED" } },
      }),
    },
    { name: "rbac", config: any(`${FILTERS}.rbac.v3.RBAC`) },
    {
      name: "header_mutation",
      config: any(`${FILTERS}.header_mutation.v3.HeaderMutation`, { mutations: {} }),
    },
    {
      name: "local_ratelimit",
      config: any(`${FILTERS}.local_ratelimit.v3.LocalRateLimit`, { stat_prefix: "limit" }),
    },
    { name: "buffer", config: any(`${FILTERS}.buffer.v3.Buffer`, { max_request_bytes: 65536 }) },
    { name: "fault", config: any(`${FILTERS}.fault.v3.HTTPFault`) },
    {
      name: "compressor",
      config: any(`${FILTERS}.compressor.v3.Compressor`, { compressor_library: GZIP }),
      disabled: true,
    },
    {
      name: "basic_auth",
      config: any(`${FILTERS}.basic_auth.v3.BasicAuth`, { users: USERS }),
      disabled: true,
    },
    { name: "header_to_metadata", config: any(`${FILTERS}.header_to_metadata.v3.Config`) },
    { name: "stateful_session", config: any(`${FILTERS}.stateful_session.v3.StatefulSession`) },
  ];

const HASHED: JsonObject = {
  name: "envoy.filters.http.set_filter_state",
  typed_config: any(`${FILTERS}.set_filter_state.v3.Config`, {
    on_request_headers: [
      {
        object_key: HASHED_STATE,
        factory_key: "envoy.hashable_string",
        format_string: { text_format_source: { inline_string: "%REQ(x-b)%" }, omit_empty_values: true },
        skip_if_empty: true,
      },
    ],
  }),
};

/** The chain of a listener: all of these in random order, ones that set metadata and filter state, the router. */
export function filterChain(dice: Dice): Json[] {
  const filters = dice.some(INERT, INERT.length).map(
    ({ name, config, disabled }): JsonObject => ({
      name: `envoy.filters.http.${name}`,
      typed_config: config,
      ...(disabled === true ? { disabled } : {}),
    }),
  );
  filters.splice(dice.below(filters.length + 1), 0, {
    name: "envoy.filters.http.set_metadata",
    typed_config: any(`${FILTERS}.set_metadata.v3.Config`, {
      metadata: [{ metadata_namespace: "gen", value: { k: "v", n: 1, list: ["a", 2], inner: { x: true } } }],
    }),
  });
  if (dice.chance(0.5)) filters.splice(dice.below(filters.length + 1), 0, HASHED);
  const router = any(
    `${FILTERS}.router.v3.Router`,
    dice.fields({
      suppress_envoy_headers: [0.2, () => true],
      respect_expected_rq_timeout: [0.2, () => true],
      strict_check_headers: [0.2, () => ["x-envoy-upstream-rq-timeout-ms", "x-envoy-max-retries"]],
    }),
  );
  return [...filters, { name: "envoy.filters.http.router", typed_config: router }];
}

/** `typed_per_filter_config` of a route, weighted cluster or virtual host; filters that the chain has not are passed over. */
export function perFilter(dice: Dice, chain: readonly string[]): JsonObject {
  const made: JsonObject = {};
  for (const name of dice.some(chain, 2)) {
    const make = PER_ROUTE[name];
    if (make === undefined) continue;
    const config = make(dice);
    made[name] = dice.chance(0.12)
      ? any("envoy.config.route.v3.FilterConfig", dice.chance(0.5) ? { disabled: true } : { config })
      : config;
  }
  return made;
}

const PER_ROUTE: Readonly<Record<string, (dice: Dice) => JsonObject>> = {
  "envoy.filters.http.cors": (dice) =>
    any(`${FILTERS}.cors.v3.CorsPolicy`, {
      allow_origin_string_match: dice.times(1, 2, () =>
        dice.one<JsonObject>(
          () => ({ exact: "http://origin.test" }),
          () => ({ suffix: ".test" }),
          () => ({ exact: "*" }),
        ),
      ),
      ...dice.fields({
        allow_methods: [0.6, () => "GET,POST"],
        allow_headers: [0.5, () => dice.pick(["x-a", "*", "x-a,x-b"])],
        expose_headers: [0.4, () => "x-up"],
        max_age: [0.4, () => "600"],
        allow_credentials: [0.4, () => dice.chance(0.7)],
        allow_private_network_access: [0.3, () => true],
        forward_not_matching_preflights: [0.4, () => dice.chance(0.5)],
        filter_enabled: [0.3, () => runtimeFraction(dice)],
        shadow_enabled: [0.2, () => runtimeFraction(dice)],
      }),
    }),
  "envoy.filters.http.csrf": (dice) =>
    any(`${FILTERS}.csrf.v3.CsrfPolicy`, {
      filter_enabled: runtimeFraction(dice),
      ...dice.fields({
        shadow_enabled: [0.3, () => runtimeFraction(dice)],
        additional_origins: [0.5, () => [stringMatch(dice, ["origin.test", "other"]).config]],
      }),
    }),
  "envoy.filters.http.rbac": (dice) =>
    any(`${FILTERS}.rbac.v3.RBACPerRoute`, dice.chance(0.9) ? { rbac: rbac(dice) } : {}),
  "envoy.filters.http.header_mutation": (dice) =>
    any(`${FILTERS}.header_mutation.v3.HeaderMutationPerRoute`, { mutations: mutations(dice) }),
  "envoy.filters.http.local_ratelimit": (dice) => localRateLimit(dice),
  "envoy.filters.http.buffer": (dice) =>
    any(
      `${FILTERS}.buffer.v3.BufferPerRoute`,
      dice.chance(0.2) ? { disabled: true } : { buffer: { max_request_bytes: dice.pick([1, 5, 1000]) } },
    ),
  "envoy.filters.http.fault": (dice) =>
    any(`${FILTERS}.fault.v3.HTTPFault`, {
      ...dice.fields({
        abort: [
          0.8,
          () => ({
            ...dice.one<JsonObject>(
              () => ({ http_status: dice.pick([503, 418, 200]) }),
              () => ({ grpc_status: dice.pick([5, 14]) }),
              () => ({ header_abort: {} }),
            ),
            percentage: { numerator: dice.pick([100, 100, 0]), denominator: "HUNDRED" },
          }),
        ],
        headers: [0.3, () => [headerMatch(dice).config]],
        upstream_cluster: [0.15, () => "one"],
        delay: [
          0.1,
          () => ({ fixed_delay: "0.001s", percentage: { numerator: 100, denominator: "HUNDRED" } }),
        ],
        disable_downstream_cluster_stats: [0.2, () => true],
      }),
    }),
  "envoy.filters.http.compressor": (dice) =>
    any(
      `${FILTERS}.compressor.v3.CompressorPerRoute`,
      dice.chance(0.3)
        ? { disabled: true }
        : { overrides: dice.chance(0.5) ? { response_direction_config: {} } : {} },
    ),
  "envoy.filters.http.basic_auth": () => any(`${FILTERS}.basic_auth.v3.BasicAuthPerRoute`, { users: USERS }),
  "envoy.filters.http.header_to_metadata": (dice) =>
    any(`${FILTERS}.header_to_metadata.v3.Config`, {
      request_rules: dice.times(1, 2, () => metadataRule(dice)),
      ...(dice.chance(0.3) ? { response_rules: [metadataRule(dice)] } : {}),
    }),
  "envoy.filters.http.stateful_session": (dice) =>
    any(
      `${FILTERS}.stateful_session.v3.StatefulSessionPerRoute`,
      dice.chance(0.15)
        ? { disabled: true }
        : {
            stateful_session: {
              ...(dice.chance(0.5)
                ? cookieSession("sticky", dice.pick(["/", "/a", ""]))
                : headerSession("x-session")),
              ...(dice.chance(0.3) ? { strict: true } : {}),
            },
          },
    ),
};

function metadataRule(dice: Dice): JsonObject {
  const value = (): JsonObject => ({
    metadata_namespace: dice.pick(["gen.headers", ""]),
    key: dice.pick(["k", "n"]),
    ...dice.fields({
      type: [0.4, () => dice.pick(["STRING", "NUMBER"])],
    }),
  });
  const plain = dice.chance(0.7);
  return {
    ...(plain ? { header: dice.pick(["x-a", "x-up"]) } : { cookie: "session" }),
    ...dice.one<JsonObject>(
      () => ({ on_header_present: value() }),
      () => ({
        on_header_present: {
          ...value(),
          regex_value_rewrite: { pattern: { regex: "^(.).*$" }, substitution: "\\1" },
        },
      }),
      () => ({ on_header_missing: { ...value(), value: "missing", type: "STRING" } }),
    ),
    ...(plain && dice.chance(0.2) ? { remove: true } : {}),
  };
}

function localRateLimit(dice: Dice): JsonObject {
  const bucket = (): JsonObject => ({
    max_tokens: 1 + dice.below(3),
    tokens_per_fill: 1,
    fill_interval: "3600s",
  });
  const all: JsonObject = { default_value: { numerator: 100, denominator: "HUNDRED" } };
  return any(`${FILTERS}.local_ratelimit.v3.LocalRateLimit`, {
    stat_prefix: "limit",
    token_bucket: bucket(),
    filter_enabled: { runtime_key: "gen.unset", ...all },
    filter_enforced: { runtime_key: "gen.unset", ...all },
    ...dice.fields({
      status: [0.3, () => ({ code: dice.pick(["ServiceUnavailable", "TooManyRequests"]) })],
      response_headers_to_add: [0.3, () => [{ header: { key: "x-limited", value: "yes" } }]],
      request_headers_to_add_when_not_enforced: [0.2, () => [{ header: { key: "x-over", value: "yes" } }]],
      enable_x_ratelimit_headers: [0.4, () => "DRAFT_VERSION_03"],
      rate_limited_as_resource_exhausted: [0.3, () => true],
      descriptors: [
        0.5,
        () => [
          { entries: [{ key: "a", value: dice.pick(["a", "b"]) }], token_bucket: bucket() },
          { entries: [{ key: "generic_key", value: "g" }], token_bucket: bucket() },
        ],
      ],
      always_consume_default_token_bucket: [0.3, () => dice.chance(0.5)],
      vh_rate_limits: [0.3, () => dice.pick(["OVERRIDE", "INCLUDE", "IGNORE"])],
    }),
  });
}

function rbac(dice: Dice): JsonObject {
  const rules = (): JsonObject => ({
    action: dice.pick(["ALLOW", "DENY", "LOG"]),
    policies: Object.fromEntries(
      dice
        .times(1, 2, (at) => at)
        .map((at) => [
          `policy-${at}`,
          { permissions: dice.times(1, 2, () => permission(dice, 2)), principals: [principal(dice, 2)] },
        ]),
    ),
  });
  return dice.fields({
    rules: [0.85, rules],
    shadow_rules: [0.2, rules],
    rules_stat_prefix: [0.2, () => "enforced."],
    shadow_rules_stat_prefix: [0.2, () => "shadowed."],
  });
}

function permission(dice: Dice, depth: number): JsonObject {
  const leaf = (): JsonObject =>
    dice.one<JsonObject>(
      () => ({ any: true }),
      () => ({ header: headerMatch(dice).config }),
      () => ({ url_path: { path: { prefix: dice.pick(["/a", "/api"]) } } }),
      () => ({ destination_ip: { address_prefix: "127.0.0.0", prefix_len: 8 } }),
      () => ({ destination_port_range: { start: 1, end: 10 } }),
      () => ({ requested_server_name: { exact: "" } }),
      () => ({ metadata: { filter: "gen", path: [{ key: "k" }], value: { string_match: { exact: "v" } } } }),
    );
  if (depth === 0 || dice.chance(0.6)) return leaf();
  return dice.one<JsonObject>(
    () => ({ and_rules: { rules: dice.times(1, 2, () => permission(dice, depth - 1)) } }),
    () => ({ or_rules: { rules: dice.times(1, 2, () => permission(dice, depth - 1)) } }),
    () => ({ not_rule: permission(dice, depth - 1) }),
  );
}

function principal(dice: Dice, depth: number): JsonObject {
  const cidr = (): JsonObject => ({ address_prefix: dice.pick(["127.0.0.0", "10.0.0.0"]), prefix_len: 8 });
  const leaf = (): JsonObject =>
    dice.one<JsonObject>(
      () => ({ any: true }),
      () => ({ header: headerMatch(dice).config }),
      () => ({ direct_remote_ip: cidr() }),
      () => ({ remote_ip: cidr() }),
      () => ({ url_path: { path: { contains: "a" } } }),
      () => ({ authenticated: {} }),
    );
  if (depth === 0 || dice.chance(0.6)) return leaf();
  return dice.one<JsonObject>(
    () => ({ and_ids: { ids: dice.times(1, 2, () => principal(dice, depth - 1)) } }),
    () => ({ or_ids: { ids: dice.times(1, 2, () => principal(dice, depth - 1)) } }),
    () => ({ not_id: principal(dice, depth - 1) }),
  );
}
