import { waitFor } from "@sluice/harness";
import { EXPLICIT_HTTP1, fileLog, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const LOG = `
access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT%")}`;

const options = (fields: string): string => httpOptions(`${EXPLICIT_HTTP1}\n${fields}`);

/** How many values histograms have in which bucket, once one has `count` of them. */
async function histograms(target: Target, filter: string, count: number): Promise<Record<string, string>> {
  const found = new Map<string, string>();
  await waitFor("the histograms", async () => {
    const text = await target.proxy.admin(`/stats/prometheus?filter=${filter}`);
    for (const [, name = "", le = "", value = ""] of text.matchAll(
      /^envoy_cluster_(\w+)_bucket\{.*le="(.*)"\} (.*)$/gm,
    )) {
      found.set(`${name} ${le}`, value);
    }
    return [...found].some(([name, value]) => name.endsWith(" +Inf") && Number(value) >= count);
  });
  return Object.fromEntries([...found].sort());
}

export const CLUSTER_POLICY_CASES: readonly ConformanceCase[] = [
  {
    title: "an error_matcher says which responses outlier detection takes for errors",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: "/two" }, route: { cluster: not } }
- { match: { prefix: "/" }, route: { cluster: own } }`,
      clusters:
        staticCluster(
          "own",
          ["{{upstream}}"],
          `outlier_detection: { consecutive_5xx: 3, interval: 10s, max_ejection_percent: 100, enforcing_consecutive_5xx: 0 }
${options('outlier_detection: { error_matcher: { or_match: { rules: [{ http_response_headers_match: { headers: [{ name: ":status", string_match: { exact: "418" } }] } }, { http_response_headers_match: { headers: [{ name: x-busy, present_match: true }] } }] } } }')}`,
        ) +
        staticCluster(
          "not",
          ["{{upstream}}"],
          `outlier_detection: { consecutive_5xx: 3, interval: 10s, max_ejection_percent: 100, enforcing_consecutive_5xx: 0 }
${options("outlier_detection: { error_matcher: { not_match: { http_response_headers_match: { headers: [{ name: x-no, present_match: true }] } } } }")}`,
        ),
    }),
    reply: ({ target }) =>
      target === "/tea"
        ? { status: 418 }
        : target === "/busy"
          ? { headers: [["x-busy", "1"]] }
          : target.includes("/grpc")
            ? {
                headers: [
                  ["content-type", "application/grpc"],
                  ["grpc-status", target.slice(-2)],
                ],
              }
            : { status: 503 },
    requests: [
      ...["/503", "/503", "/503", "/tea", "/busy", "/tea"].map((path) => ({ path })),
      ...["/two", "/two/503", "/two"].map((path) => ({ path })),
      ...["14", "14", "14", "00"].map((status) => ({
        path: `/grpc/${status}`,
        headers: [["content-type", "application/grpc"]] as const,
      })),
    ],
    stats: [
      "cluster.own.outlier_detection.ejections_detected_consecutive_5xx",
      "cluster.not.outlier_detection.ejections_detected_consecutive_5xx",
    ],
    accessLog: { file: "access.log", lines: 13 },
  },
  {
    title: "track_cluster_stats tells how much of their time requests take, and how large messages are",
    yaml: httpBootstrap({
      hcm: "generate_request_id: false",
      bootstrap: "stats_flush_interval: 0.2s",
      routes: `- { match: { prefix: "/slow" }, route: { cluster: own, timeout: 0.3s, retry_policy: { retry_on: 5xx, num_retries: 1, per_try_timeout: 0.1s } } }
- { match: { prefix: "/" }, route: { cluster: own, timeout: 900s } }`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        "track_cluster_stats: { timeout_budgets: true, request_response_sizes: true }",
      ),
    }),
    reply: ({ target }) =>
      target === "/slow" ? { afterwards: "silent" } : { headers: [["x-one", "12345"]], body: "abcdef" },
    requests: [
      { path: "/" },
      { path: "/", method: "POST", body: "x".repeat(1050) },
      { path: "/more", headers: [["x-more", "y".repeat(50)]] },
    ],
    observe: async (target) => {
      const sizes = await histograms(target, "upstream_r[qs]_(headers|body)_", 3);
      const { status } = await target.send({ path: "/slow" });
      const budgets = await histograms(target, "upstream_rq_timeout_budget", 5);
      // What lies between depends on how fast it went.
      const sure = Object.entries(budgets).filter(([name]) => / (25|250|\+Inf)$/.test(name));
      return { sizes, status, sure };
    },
    ignoreUpstream: true,
  },
  {
    title: "a cluster's retry policy takes the place of the route's and the virtual host's",
    yaml: httpBootstrap({
      hcm: LOG,
      routeConfig: `name: local
virtual_hosts:
  - name: plain
    domains: ["*"]
    routes:
      - { match: { prefix: "/own" }, route: { cluster: own, retry_policy: { retry_on: 5xx, num_retries: 2 } } }
      - { match: { prefix: "/none" }, route: { cluster: own, retry_policy: { retry_on: reset } } }
      - { match: { prefix: "/" }, route: { cluster: own } }
  - name: hosted
    domains: ["hosted.test"]
    retry_policy: { retry_on: 5xx, num_retries: 3 }
    routes: [{ match: { prefix: "/" }, route: { cluster: own } }]`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        options("retry_policy: { retry_on: 5xx, num_retries: 1 }"),
      ),
    }),
    reply: { status: 503, body: "no" },
    requests: [
      { path: "/" },
      { path: "/own" },
      { path: "/none" },
      { path: "/hosted", headers: [["host", "hosted.test"]] },
      { path: "/asked", headers: [["x-envoy-max-retries", "4"]] },
    ],
    stats: ["cluster.own.upstream_rq_retry", "cluster.own.upstream_rq_503"],
    accessLog: { file: "access.log", lines: 5 },
  },
  {
    title: "a cluster's mirror policies take the place of the route's",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `
- { match: { prefix: "/own" }, route: { cluster: own, request_mirror_policies: [{ cluster: dead }] } }
- { match: { prefix: "/" }, route: { cluster: own } }`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        options("request_mirror_policies: [{ cluster: two }]"),
      ),
    }),
    requests: [{ path: "/a" }, { path: "/own" }, { path: "/b", method: "POST", body: "abc" }],
    observe: ({ upstream2 }) =>
      waitFor("the copies", () => upstream2.requests.filter((one) => one.complete).length === 3),
    stats: ["cluster.two.upstream_rq_total", "cluster.dead.upstream_rq_503"],
    accessLog: { file: "access.log", lines: 3 },
  },
  {
    title: "a cluster's hash policy takes the place of the route's",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `
- { match: { prefix: "/own" }, route: { cluster: ring, hash_policy: [{ header: { header_name: x-other } }] } }
- { match: { prefix: "/" }, route: { cluster: ring } }`,
      clusters: staticCluster(
        "ring",
        ["{{upstream}}", "{{upstream2}}"],
        `lb_policy: MAGLEV\n${options("hash_policy: [{ header: { header_name: x-key } }]")}`,
      ),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      // Without a hash the hosts are drawn by lot: 40 times the same one is no chance.
      const shares = async (path: string, header: string): Promise<number> => {
        const bodies = new Set<string>();
        for (let i = 0; i < 40; i++)
          bodies.add((await target.send({ path, headers: [[header, "same"]] })).body);
        return bodies.size;
      };
      return { cluster: await shares("/", "x-key"), route: await shares("/own", "x-other") };
    },
  },
  {
    title: "a cluster's max_stream_duration ends tries that last longer",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `
- { match: { prefix: "/again" }, route: { cluster: own, retry_policy: { retry_on: reset, num_retries: 1 } } }
- { match: { prefix: "/" }, route: { cluster: own } }`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        options("common_http_protocol_options: { max_stream_duration: 0.3s }"),
      ),
    }),
    reply: ({ target }) => (target === "/fast" ? { body: "one" } : { afterwards: "silent" }),
    requests: [{ path: "/fast" }, { path: "/slow" }, { path: "/again" }],
    stats: ["cluster.own.upstream_rq_max_duration_reached", "cluster.own.upstream_rq_retry"],
    accessLog: { file: "access.log", lines: 3 },
  },
];
