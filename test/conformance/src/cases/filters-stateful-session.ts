import { endpoint, fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, SeenResponse } from "../conformance-case.ts";

const TYPES = "type.googleapis.com/envoy.extensions";
const ROUTER = `- { name: router, typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router } }`;
const LOG = `access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %UPSTREAM_HOST%")}`;

const cookie = (more = "name: session"): string =>
  `session_state: { name: envoy.http.stateful_session.cookie, typed_config: { "@type": ${TYPES}.http.stateful_session.cookie.v3.CookieBasedSessionState, cookie: { ${more} } } }`;
const header = `session_state: { name: envoy.http.stateful_session.header, typed_config: { "@type": ${TYPES}.http.stateful_session.header.v3.HeaderBasedSessionState, name: X-Session } }`;
const route = (path: string, config: string, cluster = "one", action = ""): string =>
  `- { match: { prefix: "${path}" }, route: { cluster: ${cluster}${action} }, typed_per_filter_config: { session: { "@type": ${TYPES}.filters.http.stateful_session.v3.StatefulSessionPerRoute, ${config} } } }`;
const session = (path: string, config: string, cluster?: string, action?: string): string =>
  route(path, `stateful_session: { ${config} }`, cluster, action);
const cluster = (name: string, endpoints: readonly string[], more = ""): string => `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoints.join(", ")}] }] }${more}`;

const field = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
const message = (address: string, ...more: number[]): string =>
  Buffer.concat([field(1, Buffer.from(address)), Buffer.from(more)]).toString("base64");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function withCookie(path: string, value: string): CaseRequest {
  return { path, headers: [["cookie", `a=b; session="${value}"; c=d`]] };
}

/** Ends are not the same on two hosts, let alone two proxies. */
function withoutValue({ fields, ...response }: SeenResponse): object {
  return {
    ...response,
    fields: fields.map(([name, value]) => [
      name,
      name === "set-cookie" ? value.replace(/="[^"]*"/, "=") : value,
    ]),
  };
}

export const STATEFUL_SESSION_CASES: readonly ConformanceCase[] = [
  {
    title: "stateful_session keeps sessions at their endpoints, by cookie and by header",
    yaml: httpBootstrap({
      hcm: LOG,
      httpFilters: `- name: session
  typed_config:
    "@type": ${TYPES}.filters.http.stateful_session.v3.StatefulSession
    stat_prefix: kept
    ${cookie()}
${ROUTER}`,
      routes: `${route("/disabled", "disabled: true")}
${session("/none", "strict: true")}
${session("/header", header)}
${session("/strict-header", `${header}, strict: true, stat_prefix: route`)}
${session("/strict", `${cookie()}, strict: true`)}
${session("/status", `${cookie()}, strict: true, status_on_strict_destination_not_found: 410`)}
${session("/loose-status", `${cookie()}, status_on_strict_destination_not_found: 410`)}
${session("/unhealthy", `${cookie()}, strict: true, status_on_strict_destination_not_found: 410`, "mixed")}
${session("/willing", `${cookie()}, strict: true`, "willing")}
${session("/ttl", cookie("name: session, ttl: 3600s, path: /ttl, attributes: [{ name: SameSite, value: Lax }, { name: Secure }]"))}
${session("/path", cookie("name: session, path: /path/a"))}
${session("/slash", cookie("name: session, path: /slash/"))}
${session("/retry", cookie(), "with-dead", ", retry_policy: { retry_on: connect-failure, num_retries: 5, retry_host_predicate: [{ name: p, typed_config: { '@type': type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } }], host_selection_retry_max_attempts: 10 }")}
- { match: { prefix: "/both" }, route: { cluster: both } }
- { match: { prefix: "/empty" }, route: { cluster: empty } }
- { match: { prefix: "/direct" }, direct_response: { status: 200 } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: `${cluster("both", [endpoint("{{upstream}}"), endpoint("{{upstream2}}")])}
${cluster("empty", [])}
${cluster("mixed", [endpoint("{{upstream}}"), endpoint("{{upstream2}}", ", health_status: UNHEALTHY")])}
${cluster("willing", [endpoint("{{upstream}}"), endpoint("{{upstream2}}", ", health_status: UNHEALTHY")], "\n  common_lb_config: { override_host_status: { statuses: [UNHEALTHY] } }")}
${cluster("with-dead", [endpoint("{{upstream}}"), endpoint("{{dead}}")])}`,
    }),
    observe: async ({ send, upstream, upstream2, proxy }) => {
      const one = `127.0.0.1:${upstream.port}`;
      const two = `127.0.0.1:${upstream2.port}`;
      const gone = "127.0.0.1:1";
      const inHeader = (path: string, value: string): CaseRequest => ({
        path,
        headers: [["x-session", value]],
      });
      const requests: CaseRequest[] = [
        { path: "/first" },
        withCookie("/again", message(one)),
        withCookie("/old", base64(one)),
        withCookie("/over", message(one, 16, 1)),
        withCookie("/more", message(one, 16, 255, 255, 255, 255, 15, 32, 1)),
        withCookie("/elsewhere", message(two)),
        withCookie("/bad", "%%%"),
        withCookie("/unpadded", message(one).replace(/=*$/, "x")),
        withCookie("/nothing", message("")),
        ...[one, two, two, one, two].map((address) => withCookie("/both", message(address))),
        withCookie("/disabled", message(one)),
        withCookie("/none", message(one)),
        { path: "/header" },
        inHeader("/header", base64(one)),
        inHeader("/header", base64(two)),
        inHeader("/header", "?"),
        inHeader("/strict-header", base64(two)),
        withCookie("/strict", message(one)),
        withCookie("/strict", message(two)),
        { path: "/strict" },
        withCookie("/status", message(gone)),
        withCookie("/loose-status", message(gone)),
        withCookie("/unhealthy", message(two)),
        withCookie("/unhealthy", message(gone)),
        withCookie("/willing", message(two)),
        withCookie("/willing", message(one)),
        { path: "/ttl" },
        withCookie("/ttl", message(one)),
        withCookie("/path", message(one)),
        { path: "/path" },
        { path: "/path/a?x" },
        { path: "/path/ab" },
        { path: "/slash" },
        { path: "/slash/a" },
        withCookie("/retry", message(`127.0.0.1:${await deadPort(proxy.admin("/clusters"))}`)),
        withCookie("/empty", message(one)),
        withCookie("/direct", message(one)),
      ];
      const seen: object[] = [];
      for (const request of requests) {
        const response = await send(request);
        seen.push(request.path === "/ttl" ? withoutValue(response) : response);
      }
      return seen;
    },
    stats: [
      ...["routed", "failed_open", "failed_closed", "no_session"].map(
        (name) => `http.main.stateful_session.kept.${name}`,
      ),
    ],
    accessLog: { file: "access.log", lines: 41 },
  },
];

/** The endpoint of `with-dead` that `one` does not have. */
async function deadPort(clusters: Promise<unknown>): Promise<string> {
  const text = String(await clusters);
  const ports = (name: string): string[] =>
    [...text.matchAll(new RegExp(`^${name}::127\\.0\\.0\\.1:(\\d+)::cx_active`, "gm"))].map(
      ([, port]) => port ?? "",
    );
  return ports("dead")[0] ?? "";
}
