import { endpoint, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { logLines } from "../log-lines.ts";
import { normalizeLogLine } from "../normalize.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { session } from "../tcp-session.ts";

const TRIED =
  "hosts=%UPSTREAM_HOSTS_ATTEMPTED% bare=%UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT% names=%UPSTREAM_HOST_NAMES_ATTEMPTED% short=%UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT% ids=%UPSTREAM_CONNECTION_IDS_ATTEMPTED% last=%UPSTREAM_CONNECTION_ID%";

const log = (format: string): string =>
  `{ name: file, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: "{{dir}}/tried.log", log_format: { ${format} } } }`;
const text = (name: string): string =>
  log(
    `text_format_source: { inline_string: "${name} %REQ(:path)% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% ${TRIED} why=%UPSTREAM_TRANSPORT_FAILURE_REASON% local=%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %UPSTREAM_PROTOCOL% host=%UPSTREAM_HOST_NAME%\\n" }`,
  );

const PRIORITIES = `retry_priority: { name: p, typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig, update_frequency: 1 } }`;
const PROMPT = "retry_back_off: { base_interval: 0.001s, max_interval: 0.002s }";

const added = TRIED.split(" ")
  .map((one) => one.split("="))
  .filter(([name]) => name !== "ids" && name !== "last")
  .map(([name, operator]) => `{ header: { key: x-${name}, value: "${operator}" } }`)
  .join(", ");

const named = (port: string, hostname: string): string =>
  endpoint(port).replace("{ endpoint: { ", `{ endpoint: { hostname: "${hostname}", `);

/** Lines of the log, the ids of connections by the order in which each line has them. */
async function triedLines({ proxy }: Target, count: number): Promise<readonly string[]> {
  const lines = await logLines(proxy, "tried.log", count);
  return lines.map((line) => {
    const seen = new Map<string, string>();
    const letter = (id: string): string => {
      if (id === "0") return id;
      const known = seen.get(id) ?? String.fromCharCode(97 + seen.size);
      seen.set(id, known);
      return known;
    };
    return normalizeLogLine(line).replaceAll(
      /(ids|last)(=|":"?)([0-9,]+)/g,
      (_all, key: string, sep: string, ids: string) => `${key}${sep}${ids.replaceAll(/\d+/g, letter)}`,
    );
  });
}

const REQUESTS: readonly CaseRequest[] = [
  { path: "/tiers" },
  { path: "/worse" },
  { path: "/once" },
  { path: "/same" },
  { path: "/dead" },
  { path: "/none" },
  { path: "/nowhere" },
  { path: "/late" },
  { path: "/hedged" },
  { path: "/direct" },
];

export const LOG_ATTEMPT_CASES: readonly ConformanceCase[] = [
  {
    title: "the hosts and connections that a request was tried on",
    yaml: httpBootstrap({
      routes: `
- { match: { path: /tiers }, route: { cluster: tiers, retry_policy: { retry_on: "5xx,connect-failure", num_retries: 2, ${PROMPT}, ${PRIORITIES} } } }
- { match: { path: /worse }, route: { cluster: worse, retry_policy: { retry_on: "5xx,connect-failure", num_retries: 1, ${PROMPT}, ${PRIORITIES} } } }
- { match: { path: /once }, route: { cluster: one } }
- { match: { path: /same }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 2, ${PROMPT} } } }
- { match: { path: /dead }, route: { cluster: dead, retry_policy: { retry_on: connect-failure, num_retries: 1, ${PROMPT} } } }
- { match: { path: /none }, route: { cluster: none } }
- { match: { path: /late }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 1, per_try_timeout: 0.3s, ${PROMPT} } } }
- { match: { path: /hedged }, route: { cluster: one, hedge_policy: { hedge_on_per_try_timeout: true }, retry_policy: { retry_on: 5xx, num_retries: 1, per_try_timeout: 0.3s, ${PROMPT} } } }
- { match: { path: /direct }, direct_response: { status: 204 } }
`,
      hcm: `access_log: [${text("down")}, ${log(`json_format: { path: "%REQ(:path)%", hosts: "%UPSTREAM_HOSTS_ATTEMPTED%", ids: "%UPSTREAM_CONNECTION_IDS_ATTEMPTED%", mixed: "<%UPSTREAM_HOST_NAMES_ATTEMPTED%>" }`)}]`,
      httpFilters: `
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, upstream_log: [${text("up")}] }`,
      clusters: `
- name: tiers
  type: STATIC
  load_assignment:
    cluster_name: tiers
    endpoints:
    - { priority: 0, lb_endpoints: [${named("{{dead}}", "a.test")}] }
    - { priority: 1, lb_endpoints: [${named("{{upstream}}", "b.test:80")}] }
    - { priority: 2, lb_endpoints: [${endpoint("{{upstream2}}")}] }
- name: worse
  type: STATIC
  load_assignment:
    cluster_name: worse
    endpoints:
    - { priority: 0, lb_endpoints: [${named("{{upstream}}", "b.test")}] }
    - { priority: 1, lb_endpoints: [${named("{{dead}}", "a.test")}] }
${staticCluster("none", [])}`,
    }).replace(
      "name: local\n",
      `name: local\n                  request_headers_to_add: [${added}]\n                  response_headers_to_add: [{ header: { key: x-always, value: here } }, ${added}]\n`,
    ),
    reply: (request) =>
      request.target === "/late" || request.target === "/hedged"
        ? { delayMs: 500, body: "late" }
        : { status: request.target === "/once" ? 200 : 503, body: "one" },
    requests: REQUESTS,
    observe: (target) => triedLines(target, 35),
  },
  {
    title: "the hosts and connections that a TCP session was tried on",
    yaml: tcpBootstrap(
      [
        { name: "main" },
        { name: "again", fields: "cluster: dead\nmax_connect_attempts: 3" },
        { name: "tiers", fields: "cluster: tiers" },
        { name: "none", fields: "cluster: none" },
        { name: "nowhere", fields: "cluster: nowhere" },
      ],
      TRIED,
      `${staticCluster("none", [])}
- name: tiers
  type: STATIC
  load_assignment:
    cluster_name: tiers
    endpoints:
    - { priority: 0, lb_endpoints: [${named("{{tcp}}", "a.test:9")}] }`,
    ).replaceAll("access.log", "tried.log"),
    tcp: (socket) => socket.end("bye"),
    observe: async (target) => {
      const seen: unknown[] = [];
      for (const name of ["main", "again", "tiers", "none", "nowhere"]) {
        seen.push(
          await session(
            await target.proxy.listenerPort(name),
            name === "main" || name === "tiers" ? { send: "x" } : {},
          ),
        );
      }
      return [seen, await triedLines(target, 5)];
    },
  },
];
