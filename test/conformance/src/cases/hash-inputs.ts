import { ATTEMPTS_TOLD, endpoint, fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";

const USERS = ["u0", "u1", "u22", "u333", "u4444", "u55555", "u666666", "u7777777"];

const byHeader = (name: string): string => `{ header: { header_name: "${name}" } }`;
const addsRequestHeader = (key: string, value: string, action = "APPEND_IF_EXISTS_OR_ADD"): string =>
  `request_headers_to_add: [{ header: { key: ${key}, value: "${value}" }, append_action: ${action} }]`;

/** What a route does to a request and what of it is hashed, by the route's path. */
const EDITED: Record<string, { readonly edits?: string; readonly action?: string; readonly hash: string }> = {
  added: { edits: addsRequestHeader("x-made", "m-%REQ(x-user)%"), hash: byHeader("x-made") },
  appended: { edits: addsRequestHeader("x-user", "m-%REQ(x-user)%"), hash: byHeader("x-user") },
  replaced: { edits: addsRequestHeader("x-user", "same", "OVERWRITE_IF_EXISTS"), hash: byHeader("x-user") },
  removed: { edits: "request_headers_to_remove: [x-user]", hash: byHeader("x-user") },
  path: { action: 'path_rewrite: "/to/%REQ(x-user)%?key=1"', hash: byHeader(":path") },
  original: { action: 'path_rewrite: "/to"', hash: byHeader("x-envoy-original-path") },
  query: { action: 'path_rewrite: "/to?key=%REQ(x-user)%"', hash: "{ query_parameter: { name: key } }" },
  host: { action: "host_rewrite_header: x-user", hash: byHeader(":authority") },
  timeout: { action: "timeout: 7s", hash: byHeader("x-envoy-expected-rq-timeout-ms") },
  cookie: {
    edits: addsRequestHeader("cookie", "session=%REQ(x-user)%", "OVERWRITE_IF_EXISTS_OR_ADD"),
    hash: "{ cookie: { name: session } }",
  },
};

/** Headers that tries may differ in, or that are taken off before the first. */
const OF_TRIES = {
  attempts: "x-envoy-attempt-count",
  late: "x-envoy-is-timeout-retry",
  asked: "x-envoy-max-retries",
  neither: "x-none",
};

/** Hosts are known by their keys: ports differ from run to run. */
const ring = (...upstreams: readonly string[]): string => `
- name: ring
  type: STATIC
  lb_policy: RING_HASH
  load_assignment:
    cluster_name: ring
    endpoints: [{ lb_endpoints: [${upstreams
      .map((each) =>
        endpoint(`{{${each}}}`, `, metadata: { filter_metadata: { envoy.lb: { hash_key: ${each} } } }`),
      )
      .join(", ")}] }]`;
const RING = ring("upstream", "upstream2");

const RETRIES = "retry_policy: { retry_on: 5xx, num_retries: 3, retry_back_off: { base_interval: 0.001s } }";
const TRUSTS_TEN = "internal_address_config: { cidr_ranges: [{ address_prefix: 10.0.0.0, prefix_len: 8 }] }";

const OF_A_HOST = `endpoints: [{ lb_endpoints: [${endpoint("{{upstream}}")}] }]`;
const HOSTLESS = Object.entries({
  none: "",
  dropped: `, policy: { drop_overloads: [{ category: all, drop_percentage: { numerator: 100 } }] }, ${OF_A_HOST}`,
  maintained: `, ${OF_A_HOST}`,
})
  .map(
    ([name, more]) =>
      `\n- { name: ${name}, type: STATIC, load_assignment: { cluster_name: ${name}${more} } }`,
  )
  .join("");

/** Each is for the router, which takes it off. */
const WISHES: readonly [string, string][] = [
  ["x-envoy-upstream-rq-timeout-ms", "1000"],
  ["x-envoy-upstream-rq-per-try-timeout-ms", "900"],
  ["x-envoy-upstream-rq-timeout-alt-response", "1"],
  ["x-envoy-upstream-stream-duration-ms", "5000"],
  ["x-envoy-upstream-alt-stat-name", "alt"],
  ["x-envoy-hedge-on-per-try-timeout", "true"],
  ["x-envoy-max-retries", "2"],
  ["x-envoy-retry-on", "5xx"],
  ["x-envoy-retriable-status-codes", "418"],
];
const MADE = [
  "x-made",
  ":path",
  ":authority",
  "x-forwarded-host",
  "x-envoy-original-path",
  "x-envoy-original-host",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-attempt-count",
];

function asked(name: string, more: CaseRequest["headers"] = []): CaseRequest[] {
  return USERS.map((user) => ({
    path: `/${name}?id=${user}`,
    headers: [["host", "example.test"], ["x-user", user], ["x-id", user], ...more],
  }));
}

export const HASH_INPUT_CASES: readonly ConformanceCase[] = [
  {
    title: "a hash policy sees the request as the route has made it",
    yaml: httpBootstrap({
      clusters: RING,
      routes: Object.entries(EDITED)
        .map(
          ([name, { edits, action, hash }]) => `
- match: { path: /${name} }
  ${edits ?? ""}
  route:
    cluster: ring
    ${action ?? ""}
    hash_policy: [${hash}, ${byHeader("x-id")}]`,
        )
        .join(""),
    }),
    requests: Object.keys(EDITED).flatMap((name) => asked(name)),
  },
  {
    title: "an ORIGINAL_DST cluster goes where the route says by the request's header",
    yaml: httpBootstrap({
      clusters: `
- { name: original, type: ORIGINAL_DST, lb_policy: CLUSTER_PROVIDED, original_dst_lb_config: { use_http_header: true } }`,
      routes: ["upstream", "upstream2"]
        .map(
          (to) => `
- match: { path: /${to} }
  ${addsRequestHeader("x-envoy-original-dst-host", `127.0.0.1:{{${to}}}`)}
  route: { cluster: original }`,
        )
        .join(""),
    }),
    observe: async ({ send }) => [await send({ path: "/upstream" }), await send({ path: "/upstream2" })],
    ignoreUpstream: true,
  },
  {
    title: "each try hashes the request's head as it is by then",
    yaml: httpBootstrap({
      clusters: RING,
      hcm: TRUSTS_TEN,
      virtualHost: "include_request_attempt_count: true\ninclude_is_timeout_retry_header: true",
      routes: Object.entries(OF_TRIES)
        .map(
          ([name, header]) => `
- match: { path: /${name} }
  route:
    cluster: ring
    hash_policy: [${byHeader(header)}, ${byHeader("x-user")}]
    ${RETRIES}`,
        )
        .join(""),
    }),
    reply: { status: 503, body: "one" },
    requests: Object.keys(OF_TRIES).flatMap((name) =>
      asked(name, [
        ["x-envoy-max-retries", "2"],
        ["x-forwarded-for", "10.0.0.1"],
      ]),
    ),
  },
  {
    title: "a hash policy's cookie is set once for each try",
    yaml: httpBootstrap({
      // One host: where a made cookie leads depends on the ports of the connection.
      clusters: ring("upstream"),
      routes: `
- match: { prefix: / }
  route: { cluster: ring, hash_policy: [{ cookie: { name: made, ttl: 5s } }], ${RETRIES} }`,
    }),
    reply: (_request, index) => (index < 2 ? { status: 503 } : { body: "one" }),
    observe: async ({ send }) => {
      const counts: number[] = [];
      for (const cookie of ["", "", "made=given"]) {
        const { fields } = await send({
          path: "/",
          headers: [
            ["host", "example.test"],
            ["cookie", cookie],
          ],
        });
        counts.push(fields.filter(([name]) => name === "set-cookie").length);
      }
      return counts;
    },
  },
  {
    title: "a request for which there is no host has been edited, one that is turned away before has not",
    yaml: httpBootstrap({
      clusters: HOSTLESS,
      bootstrap:
        "layered_runtime: { layers: [{ name: static, static_layer: { upstream.maintenance_mode.maintained: 100 } }] }",
      hcm: `${TRUSTS_TEN}
access_log: ${fileLog(["%RESPONSE_FLAGS%", ...[...MADE, ...WISHES.map(([name]) => name)].map((name) => `%REQ(${name})%`)].join(" "))}`,
      virtualHost: ATTEMPTS_TOLD,
      routes: `- match: { prefix: / }
  request_headers_to_add: [{ header: { key: x-made, value: made } }]
  route:
    cluster_header: x-to
    path_rewrite: /to
    host_rewrite_literal: to.test
    append_x_forwarded_host: true
    retry_policy: { retry_on: 5xx }`,
    }),
    // Only who is trusted may wish.
    requests: ["10.0.0.1", "192.0.2.1"].flatMap((client) =>
      ["none", "dropped", "maintained", "absent"].map((to) => ({
        path: "/",
        headers: [["host", "example.test"], ["x-to", to], ["x-forwarded-for", client], ...WISHES],
      })),
    ),
    accessLog: { file: "access.log", lines: 8 },
  },
  {
    title:
      "a route may add what the router is asked for by headers, as far as it is read behind the route's edits",
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%")}`,
      routes: WISHES.map(
        ([name]) => `
- match: { path: /${name} }
  ${addsRequestHeader(name, "200")}
  route: { cluster: one, timeout: 0.4s }`,
      ).join(""),
    }),
    reply: { afterwards: "silent" },
    requests: WISHES.map(([name]) => ({ path: `/${name}` })),
    accessLog: { file: "access.log", lines: WISHES.length },
  },
];
