import { writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@sluice/harness";
import { ATTEMPTS_TOLD, endpoint, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase } from "../conformance-case.ts";
import { exchange } from "../exchange.ts";

const EDS_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
const RDS_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

function paths(...list: string[]): CaseRequest[] {
  return list.map((path) => ({ path }));
}

function times(count: number, request: CaseRequest): CaseRequest[] {
  return Array.from({ length: count }, () => request);
}

function assignment(ports: readonly string[]): string {
  return `version_info: "1"
resources:
  - "@type": ${EDS_TYPE}
    cluster_name: found
    endpoints: [{ lb_endpoints: [${ports.map((port) => endpoint(port)).join(", ")}] }]
`;
}

// Only requests from inside may steer the router by x-envoy headers.
const INTERNAL = `use_remote_address: true
internal_address_config: { cidr_ranges: [{ address_prefix: 127.0.0.0, prefix_len: 8 }] }`;

const EDS_CLUSTER = `
- name: found
  type: EDS
  connect_timeout: 1s
  eds_cluster_config: { eds_config: { path_config_source: { path: "{{dir}}/eds.yaml" }, resource_api_version: V3 } }`;

const RAW_REPLIES: Readonly<Record<string, string>> = {
  "/garbage": "nonsense\r\n\r\n",
  "/version": "HTTP/7.3 200 OK\r\ncontent-length: 0\r\n\r\n",
  "/status": "HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n",
  "/header": "HTTP/1.1 200 OK\r\nbad header: 1\r\ncontent-length: 0\r\n\r\n",
  "/both": "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "/lengths": "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
};

export const UPSTREAM_CASES: readonly ConformanceCase[] = [
  {
    title: "a request that no route takes gets 404 without a body",
    yaml: httpBootstrap({ routes: `- { match: { path: "/only" }, route: { cluster: one } }` }),
    requests: [...paths("/", "/only"), { path: "/x", method: "POST", body: "b" }],
    stats: [
      "http.main.no_route",
      "http.main.downstream_rq_total",
      "http.main.downstream_rq_4xx",
      "http.main.downstream_rq_2xx",
    ],
  },
  {
    title: "an upstream that cannot be connected to is 503 with its reason",
    yaml: httpBootstrap({ routes: `- { match: { prefix: "/" }, route: { cluster: dead } }` }),
    requests: [...paths("/"), { path: "/", headers: [["content-type", "application/grpc"]] }],
    stats: [
      "cluster.dead.upstream_cx_connect_fail",
      "cluster.dead.upstream_rq_503",
      "cluster.dead.upstream_rq_pending_failure_eject",
      "http.main.downstream_rq_5xx",
    ],
  },
  {
    title: "a cluster without endpoints is 503 no healthy upstream",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: empty } }`,
      clusters: `
- { name: empty, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: empty } }`,
    }),
    requests: [
      ...paths("/"),
      { path: "/", method: "HEAD" },
      { path: "/", headers: [["content-type", "application/grpc"]] },
    ],
    stats: ["cluster.empty.upstream_cx_none_healthy", "cluster.empty.membership_total"],
  },
  {
    title: "HEAD without a route",
    yaml: httpBootstrap({ routes: `- { match: { path: "/only" }, route: { cluster: one } }` }),
    requests: [{ path: "/x", method: "HEAD" }],
  },
  {
    title: "a route's timeout is 504",
    yaml: httpBootstrap({ routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 0.2s } }` }),
    reply: { afterwards: "silent" },
    requests: [...paths("/short"), { path: "/post", method: "POST", body: "b" }],
    stats: ["cluster.one.upstream_rq_timeout", "cluster.one.upstream_rq_504"],
  },
  {
    title: "headers of requests from inside may shorten the route's timeout",
    yaml: httpBootstrap({
      hcm: INTERNAL,
      routes: `- { match: { prefix: "/short" }, route: { cluster: one, timeout: 0.2s } }
- { match: { prefix: "/long" }, route: { cluster: one, timeout: 10s } }`,
    }),
    reply: { afterwards: "silent" },
    requests: [
      ...paths("/short"),
      { path: "/long", headers: [["x-envoy-upstream-rq-timeout-ms", "150"]] },
      {
        path: "/long",
        headers: [
          ["x-envoy-upstream-rq-timeout-ms", "150"],
          ["x-envoy-upstream-rq-timeout-alt-response", "true"],
        ],
      },
      {
        path: "/long",
        headers: [
          ["x-envoy-expected-rq-timeout-ms", "7"],
          ["x-envoy-upstream-rq-timeout-ms", "160"],
        ],
      },
    ],
    stats: ["cluster.one.upstream_rq_timeout", "cluster.one.upstream_rq_504"],
  },
  {
    title: "a timeout of zero waits for the upstream",
    yaml: httpBootstrap({ routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 0s } }` }),
    reply: { delayMs: 300, body: "late" },
    requests: paths("/"),
  },
  {
    title: "a timeout behind the response's head resets the stream",
    yaml: httpBootstrap({ routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 0.3s } }` }),
    reply: { raw: "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc" },
    observe: (target) => exchange(target, "GET / HTTP/1.1\r\nhost: example.test\r\n\r\n"),
    stats: ["cluster.one.upstream_rq_timeout"],
  },
  {
    title: "an upstream that closes before it answers is 503",
    yaml: httpBootstrap({}),
    reply: (_request, index) => ({ octets: 0, afterwards: index === 0 ? "close" : "reset" }),
    requests: paths("/close", "/reset"),
    stats: ["cluster.one.upstream_rq_5xx", "cluster.one.upstream_cx_destroy_remote_with_active_rq"],
  },
  {
    title: "an upstream that breaks off its response breaks the downstream response off too",
    yaml: httpBootstrap({ hcm: "delayed_close_timeout: 0.1s" }),
    reply: (_request, index) => {
      if (index === 0)
        return { raw: "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", afterwards: "close" };
      if (index === 1)
        return {
          raw: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
          afterwards: "close",
        };
      return {
        raw: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n",
        afterwards: "close",
      };
    },
    observe: async (target) => {
      const seen: unknown[] = [];
      for (const path of ["/length", "/chunked", "/nonsense"])
        seen.push(await exchange(target, `GET ${path} HTTP/1.1\r\nhost: example.test\r\n\r\n`));
      return seen;
    },
  },
  {
    title: "an upstream that does not speak HTTP is 502",
    yaml: httpBootstrap({}),
    reply: (request) => ({ raw: RAW_REPLIES[request.target] ?? "", afterwards: "close" }),
    requests: paths("/garbage", "/status", "/header", "/both", "/lengths"),
    stats: ["cluster.one.upstream_cx_protocol_error", "http.main.downstream_rq_5xx"],
  },
  {
    title: "an upstream of a later HTTP version",
    yaml: httpBootstrap({}),
    reply: { raw: RAW_REPLIES["/version"] ?? "", afterwards: "close" },
    requests: paths("/"),
  },
  {
    title: "requests are retried on 5xx as often as allowed",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/twice" }, route: { cluster: one, retry_policy: { retry_on: 5xx, num_retries: 2, retry_back_off: { base_interval: 0.01s } } } }
- { match: { prefix: "/code" }, route: { cluster: one, retry_policy: { retry_on: retriable-status-codes, retriable_status_codes: [409], num_retries: 1, retry_back_off: { base_interval: 0.01s } } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply: (request) => ({ status: request.target.startsWith("/code") ? 409 : 500, body: "failed" }),
    requests: [...paths("/none", "/twice", "/code"), { path: "/twice", method: "POST", body: "again" }],
    stats: [
      "cluster.one.upstream_rq_retry",
      "cluster.one.upstream_rq_retry_limit_exceeded",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_500",
    ],
  },
  {
    title: "headers of requests from inside may ask for retries",
    yaml: httpBootstrap({ hcm: INTERNAL }),
    reply: { status: 500, body: "failed" },
    requests: [
      {
        path: "/",
        headers: [
          ["x-envoy-retry-on", "5xx"],
          ["x-envoy-max-retries", "1"],
        ],
      },
    ],
    stats: ["cluster.one.upstream_rq_retry", "cluster.one.upstream_rq_total"],
  },
  {
    title: "a retry that succeeds is a success, and its attempts are counted where asked",
    yaml: httpBootstrap({
      virtualHost: `${ATTEMPTS_TOLD}
retry_policy: { retry_on: "5xx,connect-failure,reset", num_retries: 3, retry_back_off: { base_interval: 0.01s } }`,
    }),
    reply: (_request, index) => {
      if (index === 0) return { status: 503 };
      return index === 1 ? { octets: 0, afterwards: "reset" } : { body: "third" };
    },
    requests: paths("/"),
    stats: ["cluster.one.upstream_rq_retry", "cluster.one.upstream_rq_retry_success"],
  },
  {
    title: "each try has its own timeout",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 5s, retry_policy: { retry_on: 5xx, num_retries: 1, per_try_timeout: 0.2s, retry_back_off: { base_interval: 0.01s } } } }`,
    }),
    reply: (_request, index) => (index === 0 ? { afterwards: "silent" } : { body: "second" }),
    requests: paths("/"),
    stats: ["cluster.one.upstream_rq_per_try_timeout"],
  },
  {
    title: "round robin gives each endpoint its turn",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: both } }`,
      clusters: staticCluster("both", ["{{upstream}}", "{{upstream2}}"], "lb_policy: ROUND_ROBIN"),
    }),
    observe: async (target) => {
      const bodies: string[] = [];
      for (const request of times(8, { path: "/" })) bodies.push((await target.send(request)).body);
      // Which endpoint is first is drawn at random.
      const alternates = bodies.every((body, i) => i === 0 || body !== bodies[i - 1]);
      return { alternates, seen: bodies.toSorted() };
    },
    stats: [
      "cluster.both.membership_healthy",
      "cluster.both.upstream_rq_200",
      "cluster.both.upstream_cx_total",
    ],
  },
  {
    title: "weights give endpoints their share",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: weighted } }`,
      clusters: `
- name: weighted
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: weighted, endpoints: [{ lb_endpoints: [${endpoint("{{upstream}}", ", load_balancing_weight: 3")}, ${endpoint("{{upstream2}}", ", load_balancing_weight: 1")}] }] }`,
    }),
    observe: async (target) => {
      const bodies: string[] = [];
      for (const request of times(16, { path: "/" })) bodies.push((await target.send(request)).body);
      return { one: bodies.filter((body) => body === "one").length };
    },
  },
  {
    title: "lower priorities get traffic when the higher have no endpoints",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: failing } }`,
      clusters: `
- name: failing
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: failing, endpoints: [{ priority: 0, lb_endpoints: [] }, { priority: 1, lb_endpoints: [${endpoint("{{upstream2}}")}] }] }`,
    }),
    requests: times(3, { path: "/" }),
  },
  {
    title: "endpoints marked unhealthy or draining are left out",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: marked } }`,
      clusters: `
- name: marked
  type: STATIC
  connect_timeout: 1s
  common_lb_config: { healthy_panic_threshold: { value: 0 } }
  load_assignment: { cluster_name: marked, endpoints: [{ lb_endpoints: [${endpoint("{{dead}}", ", health_status: UNHEALTHY")}, ${endpoint("{{dead}}", ", health_status: DRAINING")}, ${endpoint("{{upstream2}}", ", health_status: HEALTHY")}] }] }`,
    }),
    requests: times(4, { path: "/" }),
    stats: ["cluster.marked.membership_healthy", "cluster.marked.membership_total"],
  },
  {
    title: "names are resolved for STRICT_DNS clusters",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: named } }`,
      clusters: `
- name: named
  type: STRICT_DNS
  connect_timeout: 1s
  dns_lookup_family: V4_ONLY
  load_assignment: { cluster_name: named, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: localhost, port_value: {{upstream}} } } } }] }] }`,
    }),
    requests: times(2, { path: "/" }),
    stats: ["cluster.named.membership_total"],
  },
  {
    title: "endpoints come from a file and change with it",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: found } }`,
      clusters: EDS_CLUSTER,
    }),
    files: { "eds.yaml": assignment(["{{upstream}}"]) },
    requests: times(2, { path: "/" }),
    observe: async (target) => {
      const next = join(target.proxy.dir, "next.yaml");
      writeFileSync(next, assignment([String(target.upstream2.port)]));
      await rename(next, join(target.proxy.dir, "eds.yaml"));
      await waitFor("the new endpoint", async () => (await target.send({ path: "/poll" })).body === "two");
      target.upstream.clear();
      target.upstream2.clear();
      return { body: (await target.send({ path: "/then" })).body };
    },
    stats: ["cluster.found.membership_total"],
  },
  {
    title: "an address that comes twice is one endpoint where endpoints are discovered, else two",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: found } }`,
      clusters: `${EDS_CLUSTER}
- name: named
  type: STRICT_DNS
  connect_timeout: 1s
  load_assignment:
    cluster_name: named
    endpoints:
    - { lb_endpoints: [${endpoint("{{upstream}}")}, ${endpoint("{{upstream}}")}] }
    - { priority: 1, lb_endpoints: [${endpoint("{{upstream}}")}] }`,
    }),
    files: {
      "eds.yaml": `version_info: "1"
resources:
  - "@type": ${EDS_TYPE}
    cluster_name: found
    endpoints:
    - { lb_endpoints: [${endpoint("{{upstream}}")}, ${endpoint("{{upstream}}")}, ${endpoint("{{upstream2}}")}] }
    - { priority: 1, lb_endpoints: [${endpoint("{{upstream}}")}] }
`,
    },
    // Which endpoint is the first one is drawn by lot.
    observe: async (target) => {
      const bodies: string[] = [];
      for (let n = 0; n < 4; n++) bodies.push((await target.send({ path: "/" })).body);
      return bodies.sort();
    },
    stats: ["cluster.found.membership_total", "cluster.named.membership_total"],
  },
  {
    title: "routes come from a file and change with it",
    yaml: httpBootstrap({
      hcm: `rds: { route_config_name: filed, config_source: { path_config_source: { path: "{{dir}}/rds.yaml" }, resource_api_version: V3 } }`,
    }),
    files: { "rds.yaml": routesFile("one") },
    requests: paths("/"),
    observe: async (target) => {
      const next = join(target.proxy.dir, "next.yaml");
      writeFileSync(next, routesFile("two"));
      await rename(next, join(target.proxy.dir, "rds.yaml"));
      await waitFor("the new route", async () => (await target.send({ path: "/poll" })).body === "two");
      target.upstream.clear();
      target.upstream2.clear();
      return { body: (await target.send({ path: "/then" })).body };
    },
    stats: ["http.main.rds.filed.config_reload", "http.main.rds.filed.update_success"],
  },
  {
    title: "a circuit breaker answers 503 overflow",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/" }, route: { cluster: tight } }`,
      clusters: staticCluster(
        "tight",
        ["{{upstream}}"],
        "circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] }",
      ),
    }),
    observe: async (target) => {
      const answered = Promise.withResolvers<void>();
      target.upstream.reply((request) =>
        request.target === "/slow" ? { after: answered.promise, body: "slow" } : { body: "one" },
      );
      const slow = target.send({ path: "/slow" });
      await waitFor("the slow request", () => target.upstream.requests.length === 1);
      const waiting = target.send({ path: "/waiting" });
      await waitFor("the waiting request", async () => {
        const stats = await target.proxy.stats("pending_active");
        return stats.get("cluster.tight.upstream_rq_pending_active") === 1;
      });
      const refused = await target.send({ path: "/refused" });
      answered.resolve();
      return { refused, slow: await slow, waiting: await waiting };
    },
    stats: [
      "cluster.tight.upstream_rq_pending_overflow",
      "cluster.tight.upstream_cx_overflow",
      "cluster.tight.circuit_breakers.default.cx_open",
    ],
  },
  {
    title: "a request that does not arrive in time is 408",
    yaml: httpBootstrap({ hcm: "request_timeout: 0.3s" }),
    observe: (target) =>
      exchange(target, "POST / HTTP/1.1\r\nhost: example.test\r\ncontent-length: 5\r\n\r\nab"),
    stats: ["http.main.downstream_rq_timeout"],
  },
  {
    title: "a stream without traffic ends after its idle timeout",
    yaml: httpBootstrap({
      hcm: "stream_idle_timeout: 0.3s",
      routes: `- { match: { prefix: "/" }, route: { cluster: one, timeout: 0s } }`,
    }),
    reply: { afterwards: "silent" },
    observe: (target) => exchange(target, "GET / HTTP/1.1\r\nhost: example.test\r\n\r\n"),
    stats: ["http.main.downstream_rq_idle_timeout"],
  },
  {
    title: "a connection without requests ends after its idle timeout",
    yaml: httpBootstrap({
      hcm: "common_http_protocol_options: { idle_timeout: 0.3s }\ndrain_timeout: 0.1s\ndelayed_close_timeout: 0.1s",
    }),
    observe: async (target) => {
      const connection = await target.connect();
      connection.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n");
      const { status } = await connection.response();
      const rest = (await connection.closed()).length;
      connection.destroy();
      return { status, rest };
    },
    stats: ["http.main.downstream_cx_idle_timeout"],
  },
  {
    title: "large bodies pass whole in both directions",
    yaml: httpBootstrap({}),
    reply: (request) => ({ body: `${request.body.length}:${"z".repeat(3_000_000)}` }),
    observe: async (target) => {
      const response = await target.send({ path: "/", method: "POST", body: "y".repeat(3_000_000) });
      const [seen] = target.upstream.requests;
      const whole = seen?.body.equals(Buffer.alloc(3_000_000, "y"));
      target.upstream.clear();
      return { start: response.body.slice(0, 10), length: response.body.length, whole };
    },
  },
];

function routesFile(cluster: string): string {
  return `version_info: "${cluster}"
resources:
  - "@type": ${RDS_TYPE}
    name: filed
    virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: ${cluster} } }] }]
`;
}
