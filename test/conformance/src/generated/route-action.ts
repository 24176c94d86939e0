import { any, type Dice, type JsonObject } from "./dice.ts";
import { hashPolicies } from "./hash-policies.ts";
import { formatText, headerFields } from "./header-edits.ts";
import type { PathKind } from "./route-match.ts";
import { stringMatch } from "./string-match.ts";

/** `dead`: nothing listens; `lone` hashes, and has one host. */
const CLUSTERS = ["one", "one", "two", "ring", "ring", "maglev", "own", "lone", "dead"];
/** Header that `cluster_header` reads, and the one that weighted clusters read. */
export const CLUSTER_HEADER = "x-cluster";
export const WEIGHT_HEADER = "x-weight";

const rewrite = (regex: string, substitution: string): JsonObject => ({ pattern: { regex }, substitution });
const PATH_EDITS: readonly JsonObject[] = [
  rewrite("^/a(.*)$", "/z\\1"),
  rewrite("/", "//"),
  rewrite("b", ""),
  rewrite("(\\w+)/(\\w+)", "\\2/\\1"),
  rewrite("[^/]+$", "\\0\\0"),
  rewrite("^/", ""),
];
const PREFIX_EDITS = ["/", "/new", "/new/", "", "/a?x=1", "/%41", "new"];
const TEMPLATE_EDITS = ["/new/{one}", "/{two}/{one}", "/fixed", "/x{one}y"];

/** The action of a route, as the fields of Route. */
export function routeAction(dice: Dice, kind: PathKind, template: string | undefined): JsonObject {
  const sort = dice.below(20);
  if (sort < 12) return { route: forward(dice, kind, template) };
  if (sort < 16) return { redirect: redirect(dice, kind) };
  if (sort < 19) return { direct_response: directResponse(dice) };
  return { non_forwarding_action: {} };
}

function forward(dice: Dice, kind: PathKind, template: string | undefined): JsonObject {
  const cluster = target(dice);
  return {
    ...cluster,
    ...(dice.chance(0.45) ? pathEdit(dice, kind, template) : {}),
    ...(dice.chance(0.3) ? hostEdit(dice) : {}),
    hash_policy: hashPolicies(dice, cluster.cluster === "lone"),
    ...dice.fields({
      append_x_forwarded_host: [0.15, () => true],
      timeout: [0.2, () => dice.pick(["0s", "10s", "60s"])],
      idle_timeout: [0.1, () => dice.pick(["0s", "60s"])],
      max_stream_duration: [
        0.1,
        () => ({
          max_stream_duration: "30s",
          ...(dice.chance(0.5) ? { grpc_timeout_header_max: "20s" } : {}),
        }),
      ],
      retry_policy: [0.25, () => retryPolicy(dice)],
      internal_redirect_policy: [0.2, () => internalRedirects(dice)],
      priority: [0.1, () => "HIGH"],
      cluster_not_found_response_code: [0.15, () => dice.pick(["NOT_FOUND", "INTERNAL_SERVER_ERROR"])],
      upgrade_configs: [
        kind === "connect" ? 0.6 : 0.08,
        () =>
          kind === "connect" && dice.chance(0.7)
            ? [{ upgrade_type: "CONNECT", ...(dice.chance(0.6) ? { connect_config: {} } : {}) }]
            : [{ upgrade_type: dice.pick(["websocket", "CONNECT"]), enabled: dice.chance(0.6) }],
      ],
      include_vh_rate_limits: [0.05, () => true],
      rate_limits: [0.15, () => dice.times(1, 2, () => rateLimit(dice))],
    }),
  };
}

function target(dice: Dice): JsonObject {
  const sort = dice.below(10);
  if (sort < 6) return { cluster: dice.pick(CLUSTERS) };
  if (sort < 8) return { cluster_header: CLUSTER_HEADER };
  return { weighted_clusters: weighted(dice) };
}

function weighted(dice: Dice): JsonObject {
  const draw = dice.pick(["header", "header", "hash", "none", "none"]);
  const count = 1 + dice.below(3);
  const chosen = dice.below(count);
  const clusters = Array.from(
    { length: count },
    (_, at): JsonObject => ({
      ...(dice.chance(0.15) ? { cluster_header: CLUSTER_HEADER } : { name: dice.pick(CLUSTERS) }),
      weight: draw !== "none" ? 1 + dice.below(50) : at === chosen ? 100 : 0,
      ...headerFields(dice, 0.2),
      ...(dice.chance(0.15) ? { host_rewrite_literal: "weighted.test" } : {}),
    }),
  );
  return {
    clusters,
    ...(draw === "header" ? { header_name: WEIGHT_HEADER } : {}),
    ...(draw === "hash" ? { use_hash_policy: true } : {}),
  };
}

function pathEdit(dice: Dice, kind: PathKind, template: string | undefined): JsonObject {
  if (kind === "template") {
    if (template === undefined) return {};
    const edits = TEMPLATE_EDITS.filter((edit) =>
      [...edit.matchAll(/\{(\w+)\}/g)].every(([, name]) => new RegExp(`\\{${name}\\b`).test(template)),
    );
    return {
      path_rewrite_policy: {
        name: "envoy.path.rewrite.uri_template.uri_template_rewriter",
        typed_config: any("envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig", {
          path_template_rewrite: dice.pick(edits),
        }),
      },
    };
  }
  return dice.one<JsonObject>(
    () => ({ prefix_rewrite: dice.pick(PREFIX_EDITS) }),
    () => ({ regex_rewrite: dice.pick(PATH_EDITS) }),
    () => ({ path_rewrite: dice.pick(["/p/%REQ(x-a)%", "/%ROUTE_NAME%?n=1", "%REQ(:path)%/end", "/x"]) }),
  );
}

function hostEdit(dice: Dice): JsonObject {
  return dice.one<JsonObject>(
    () => ({ host_rewrite_literal: dice.pick(["literal.test", "literal.test:99"]) }),
    () => ({ host_rewrite_header: dice.pick(["x-a", "x-absent"]) }),
    () => ({ host_rewrite_path_regex: rewrite("^/([^/?]+).*$", "\\1.test") }),
    () => ({ auto_host_rewrite: dice.chance(0.8) }),
    () => ({ host_rewrite: "%REQ(x-b)%.test" }),
  );
}

function redirect(dice: Dice, kind: PathKind): JsonObject {
  return {
    ...dice.one<JsonObject>(
      () => ({}),
      () => ({}),
      () => ({ https_redirect: dice.chance(0.8) }),
      () => ({ scheme_redirect: dice.pick(["https", "http", "HTTPS"]) }),
    ),
    ...dice.one<JsonObject>(
      () => ({}),
      () => ({ path_redirect: dice.pick(["/to", "/to?x=1", "/to#f", "to", "/%ROUTE_NAME%"]) }),
      () => (kind === "template" ? {} : { prefix_rewrite: dice.pick(PREFIX_EDITS) }),
      () => ({ regex_rewrite: dice.pick(PATH_EDITS) }),
      () => (kind === "template" ? {} : { path_rewrite: dice.pick(["/r/%REQ(x-a)%", "%REQ(:path)%/end"]) }),
    ),
    ...dice.fields({
      host_redirect: [0.4, () => dice.pick(["to.test", "to.test:81", "TO.test"])],
      port_redirect: [0.3, () => dice.pick([80, 443, 8080])],
      response_code: [
        0.4,
        () => dice.pick(["FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"]),
      ],
      strip_query: [0.3, () => true],
    }),
  };
}

function directResponse(dice: Dice): JsonObject {
  return {
    status: dice.pick([200, 204, 304, 404, 418, 500, 599, 201, 301]),
    ...dice.fields({
      body: [
        0.6,
        () => ({ inline_string: dice.pick(["body", "a longer body of some words", "%REQ(x-a)%", "é€"]) }),
      ],
      body_format: [
        0.25,
        () =>
          dice.one<JsonObject>(
            () => ({ text_format_source: { inline_string: formatText(dice) || "-" } }),
            () => ({ json_format: { a: "%REQ(x-a)%", code: "%RESPONSE_CODE%", route: "%ROUTE_NAME%" } }),
          ),
      ],
    }),
  };
}

function retryPolicy(dice: Dice): JsonObject {
  return {
    retry_on: dice.pick([
      "5xx",
      "gateway-error",
      "connect-failure",
      "retriable-4xx",
      "retriable-status-codes",
      "retriable-headers",
      "5xx,retriable-status-codes",
      "unavailable,cancelled",
      "reset,refused-stream",
      "",
    ]),
    retry_back_off: { base_interval: "0.001s", max_interval: "0.002s" },
    ...dice.fields({
      num_retries: [0.7, () => dice.below(4)],
      retriable_status_codes: [0.4, () => [418, 404]],
      retriable_headers: [0.25, () => [{ name: "x-up", string_match: { exact: "1" } }]],
      retriable_request_headers: [0.2, () => [{ name: "x-a", present_match: true }]],
      per_try_timeout: [0.1, () => "20s"],
    }),
  };
}

function internalRedirects(dice: Dice): JsonObject {
  return dice.fields({
    max_internal_redirects: [0.5, () => 1 + dice.below(3)],
    redirect_response_codes: [0.5, () => [302, 307, 303]],
    allow_cross_scheme_redirect: [0.3, () => true],
    response_headers_to_copy: [0.3, () => ["x-up", "x-b"]],
    predicates: [
      0.2,
      () => [
        {
          name: "envoy.internal_redirect_predicates.previous_routes",
          typed_config: any("envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig"),
        },
      ],
    ],
  });
}

/** Descriptors for `local_ratelimit`. */
export function rateLimit(dice: Dice): JsonObject {
  return {
    actions: dice.times(1, 2, () =>
      dice.one<JsonObject>(
        () => ({
          request_headers: { header_name: "x-a", descriptor_key: "a", skip_if_absent: dice.chance(0.3) },
        }),
        () => ({
          generic_key: { descriptor_value: "g", ...(dice.chance(0.3) ? { descriptor_key: "key" } : {}) },
        }),
        () => ({ remote_address: {} }),
        () => ({ destination_cluster: {} }),
        () => ({
          header_value_match: {
            descriptor_value: "m",
            expect_match: dice.chance(0.7),
            headers: [{ name: "x-b", string_match: stringMatch(dice).config }],
          },
        }),
        () => ({
          query_parameter_value_match: {
            descriptor_value: "qm",
            query_parameters: [{ name: "q", present_match: true }],
          },
        }),
        () => ({ query_parameters: { query_parameter_name: "q", descriptor_key: "query" } }),
      ),
    ),
  };
}
