import { plainAuthorizationService } from "../authorization-service.ts";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { asking, CLUSTER_STATS, get, LOG, post, ROUTER, STATS, TYPES } from "./ext-authz-parts.ts";

type PlainAnswer = readonly [status: number, fields: readonly string[], body: string];
const PLAIN_ANSWERS: Readonly<Record<string, PlainAnswer>> = {
  ok: [
    200,
    [
      "x-up",
      "new",
      "x-up-both",
      "b",
      "x-append",
      "new",
      "x-client",
      "c",
      "set-cookie",
      "a=1",
      "set-cookie",
      "b=2",
      "x-envoy-auth-headers-to-remove",
      "x-gone, X-Gone-Too ,,",
      "content-type",
      "text/html",
    ],
    "ignored",
  ],
  created: [201, ["x-client", "c"], "created"],
  denied: [
    403,
    [
      "content-type",
      "text/html",
      "set-cookie",
      "a=1",
      "set-cookie",
      "b=2",
      "x-client",
      "c",
      "x-other",
      "o",
      "www-authenticate",
      "Basic",
      "x-envoy-auth-headers-to-remove",
      "x-gone",
    ],
    "<no>",
  ],
  redirect: [302, ["location", "http://login.test/"], ""],
  failed: [500, ["x-client", "c"], "down"],
  conflict: [409, [], "again"],
};

/** As `asked`, of a service that speaks HTTP. */
function plain(
  title: string,
  service: string,
  more: string,
  requests: readonly CaseRequest[],
  hcm = LOG,
): ConformanceCase {
  const authz = plainAuthorizationService((message, response) => {
    const word = /(?:^|\/)([\w-]*)(?:\?.*)?$/.exec(message.url ?? "")?.[1] ?? "";
    const wanted =
      word === "only"
        ? ["failed", "denied"].find((each) => message.headers[`x-${each}`] !== undefined)
        : word;
    const [status, fields, body] = PLAIN_ANSWERS[wanted ?? ""] ?? [200, [], ""];
    response.writeHead(status, ["content-length", String(body.length), ...fields]);
    response.end(message.method === "HEAD" ? "" : body);
  });
  return {
    title: `ext_authz ${title}`,
    yaml: httpBootstrap({
      hcm,
      httpFilters: `- name: authz
  typed_config:
    "@type": ${TYPES}.ext_authz.v3.ExtAuthz
    http_service:
      server_uri: { uri: "http://authz.test", cluster: authz, timeout: 5s }
      ${service.replaceAll("\n", "\n      ")}
    ${more.replaceAll("\n", "\n    ")}
${ROUTER}`,
      clusters: staticCluster("authz", ["{{tcp}}"]),
    }),
    tcp: authz.onSocket,
    observe: asking(authz, requests, requests.length),
    stats: [
      ...STATS,
      ...CLUSTER_STATS,
      "cluster.authz.upstream_rq_total",
      "cluster.authz.upstream_rq_retry",
      "cluster.authz.upstream_rq_500",
    ],
    accessLog: { file: "access.log", lines: requests.length },
  };
}

export const HTTP_EXT_AUTHZ_CASES: readonly ConformanceCase[] = [
  plain("asks a service that speaks HTTP", "", "", [
    get("/ok?a=b", ["x-a", "1"], ["authorization", "Basic abc"], ["accept", "*/*"]),
    get("/denied", ["x-a", "1"]),
    get("/redirect"),
    get("/failed"),
    post("/ok", "abc"),
    { path: "/denied", method: "HEAD" },
    get("/created"),
  ]),
  plain(
    "tells an HTTP service more, and takes more of its answers",
    `path_prefix: /check
authorization_request: { allowed_headers: { patterns: [{ prefix: x-a }] }, headers_to_add: [{ key: x-added, value: "%REQ(x-a)% %PROTOCOL%" }, { key: X-A, value: mine }] }
authorization_response:
  allowed_upstream_headers: { patterns: [{ prefix: x-up }] }
  allowed_upstream_headers_to_append: { patterns: [{ exact: x-append }, { exact: x-up-both }] }
  allowed_client_headers: { patterns: [{ exact: x-client }] }
  allowed_client_headers_on_success: { patterns: [{ exact: x-client }, { exact: set-cookie }] }
  dynamic_metadata_from_headers: { patterns: [{ exact: x-up }] }`,
    `clear_route_cache: true
with_request_body: { max_request_bytes: 5, allow_partial_message: true }
status_on_error: { code: 504 }`,
    [
      post(
        "/ok?a=b",
        "abcdefgh",
        ["x-a", "1"],
        ["x-up", "own"],
        ["x-append", "own"],
        ["x-gone", "1"],
        ["x-gone-too", "1"],
      ),
      post("/denied", "abc", ["x-a", "caf\u00c3\u00a9 \u00ff"]),
      get("/failed"),
      get("/ok"),
    ],
    `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %DYNAMIC_METADATA(envoy.filters.http.ext_authz:x-up)%")}`,
  ),
  plain(
    "may ask an HTTP service at one path, again, and let requests go on that it fails",
    `path_override: /only
retry_policy: { num_retries: 2, retry_back_off: { base_interval: 0.005s } }`,
    "failure_mode_allow: true\nencode_raw_headers: true\nallowed_headers: { patterns: [{ prefix: x- }] }\ndisallowed_headers: { patterns: [{ exact: x-secret }] }",
    [
      get("/failed", ["x-two", "1"], ["x-two", "2"], ["x-secret", "1"], ["x-failed", "1"]),
      get("/denied", ["x-denied", "1"]),
    ],
  ),
  plain(
    "asks an HTTP service again as its conditions say",
    `retry_policy: { num_retries: 1, retry_on: "retriable-4xx", retry_back_off: { base_interval: 0.005s } }`,
    "",
    [get("/failed"), get("/conflict")],
  ),
];
