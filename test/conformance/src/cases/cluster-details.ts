import { readFileSync } from "node:fs";
import { waitFor } from "@sluice/harness";
import { endpoint, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const OFTEN =
  "timeout: 0.5s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 1, healthy_threshold: 1";

/** Names of the stats that match, with their values where `values` says so, else whether they are more than 0. */
async function statsLike(target: Target, like: RegExp, values = /healthy$|degraded$/): Promise<unknown> {
  const all = [...(await target.proxy.stats())].filter(([name]) => like.test(name));
  return all
    .map(([name, value]) => [name, values.test(name) ? value : value > 0] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

async function hostFlags(target: Target, cluster: string): Promise<string> {
  const text = await target.proxy.admin("/clusters");
  return new RegExp(`^${cluster}::.*::health_flags::(.*)$`, "m").exec(text)?.[1] ?? "absent";
}

async function untilFlags(target: Target, cluster: string, wanted: string): Promise<string> {
  let found = "";
  await waitFor(
    `the flags of ${cluster}`,
    async () => {
      found = await hostFlags(target, cluster);
      return found === wanted;
    },
    { deadlineMs: 5_000, intervalMs: 20 },
  ).catch(() => {});
  return found;
}

const SHOP: [string, string] = ["x-envoy-upstream-healthchecked-cluster", "shop-1"];

const budget = (more: string): string =>
  `circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 0${more} } }] }`;

export const CLUSTER_DETAIL_CASES: readonly ConformanceCase[] = [
  {
    title: "a host with several named health checks is well where all of them find it so",
    yaml: httpBootstrap({
      clusters: staticCluster(
        "checked",
        ["{{upstream}}"],
        `health_checks:
- { name: web, ${OFTEN}, always_log_health_check_success: true, event_log_path: "{{dir}}/web.log", http_health_check: { path: /hc, service_name_matcher: { prefix: shop }, request_headers_to_add: [{ header: { key: x-a, value: "50%%" } }, { header: { key: x-a, value: b }, append_action: ADD_IF_ABSENT }, { header: { key: x-c, value: c }, append_action: OVERWRITE_IF_EXISTS }, { header: { key: user-agent, value: d }, append_action: OVERWRITE_IF_EXISTS }] } }
- { name: port, ${OFTEN}, tcp_health_check: {} }`,
      ),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const steps: unknown[] = [];
      const step = async (
        what: string,
        reply: { readonly status?: number; readonly headers?: [string, string][] },
        wanted: string,
      ): Promise<void> => {
        target.upstream.reply(({ target: path }) => (path === "/hc" ? reply : { body: "one" }));
        const flags = await untilFlags(target, "checked", wanted);
        steps.push([
          what,
          flags,
          await statsLike(target, /^cluster\.checked\.health_check\.(.*healthy|degraded)$/),
        ]);
      };
      await step("well", { headers: [SHOP] }, "healthy");
      await step("degraded", { headers: [SHOP, ["x-envoy-degraded", "1"]] }, "/degraded_active_hc");
      await step(
        "another service",
        { headers: [["x-envoy-upstream-healthchecked-cluster", "x"]] },
        "/failed_active_hc/degraded_active_hc",
      );
      await step(
        "well again, whatever it says of itself",
        { headers: [SHOP, ["x-envoy-immediate-health-check-fail", "1"]] },
        "healthy",
      );
      await step(
        "out at its own word",
        { status: 503, headers: [["x-envoy-immediate-health-check-fail", "1"]] },
        "/failed_active_hc",
      );
      const kinds = (): string[] => [
        ...new Set(
          readFileSync(`${target.proxy.dir}/web.log`, "utf8")
            .trim()
            .split("\n")
            .map((line) => Object.keys(JSON.parse(line)).find((key) => /event|degraded/.test(key)) ?? ""),
        ),
      ];
      await waitFor("the events", () => kinds().length >= 6, { deadlineMs: 3_000, intervalMs: 50 }).catch(
        () => {},
      );
      const request = target.upstream.requests.find(({ target: path }) => path === "/hc");
      return {
        steps,
        events: kinds().sort(),
        request: request?.raw,
        counted: await statsLike(target, /^cluster\.checked\.health_check\.(?!name.web.degraded)/),
      };
    },
  },
  {
    title: "clusters and listeners say which stats they have, and endpoints what theirs are called",
    yaml: httpBootstrap({
      routes: `
- { match: { prefix: "/own" }, route: { cluster: own } }
- { match: { prefix: "/named" }, route: { cluster: named } }`,
      listener: `stat_prefix: door
stats_matcher: { exclusion_list: { patterns: [{ suffix: cx_length_ms }, { contains: worker_ }, { contains: ssl }] } }`,
      clusters:
        staticCluster(
          "own",
          ["{{upstream}}"],
          "stats_matcher: { inclusion_list: { patterns: [{ suffix: upstream_rq_total }, { suffix: upstream_cx_total }] } }",
        ) +
        `
- name: named
  type: STATIC
  track_cluster_stats: { per_endpoint_stats: true }
  load_assignment: { cluster_name: named, endpoints: [{ lb_endpoints: [${endpoint("{{upstream}}").replace("{ endpoint: {", '{ endpoint: { observability_name: "desk:1",')}] }] }`,
      bootstrap:
        "stats_config: { stats_matcher: { exclusion_list: { patterns: [{ contains: upstream_rq }, { contains: downstream_cx_total }] } } }",
    }),
    requests: [{ path: "/own" }, { path: "/named" }],
    observe: async (target) => ({
      own: await statsLike(target, /^cluster\.own\./),
      named: await statsLike(target, /^cluster\.named\.(endpoint|upstream_rq)/),
      door: await statsLike(target, /^listener\.door\.downstream/),
      tags: (await target.proxy.admin("/stats/prometheus"))
        .split("\n")
        .filter((line) => /^envoy_cluster_endpoint_rq_(total|pending_active)\{/.test(line)),
    }),
  },
  {
    title: "a retry budget is a share of the requests under way, or of those of its interval",
    yaml: httpBootstrap({
      routes: ["now", "interval"]
        .map(
          (name) =>
            `- { match: { prefix: "/${name}" }, route: { cluster: ${name}, retry_policy: { retry_on: 5xx, num_retries: 1 } } }`,
        )
        .join("\n"),
      clusters:
        staticCluster("now", ["{{upstream}}"], budget("")) +
        staticCluster("interval", ["{{upstream}}"], budget(", budget_interval: 30s")),
    }),
    reply: ({ target }) => ({ status: target.endsWith("fail") ? 503 : 200 }),
    requests: ["now", "interval"].flatMap((name) => [
      { path: `/${name}` },
      { path: `/${name}` },
      { path: `/${name}` },
      { path: `/${name}/fail` },
    ]),
    stats: ["now", "interval"].flatMap((name) => [
      `cluster.${name}.upstream_rq_retry`,
      `cluster.${name}.upstream_rq_retry_overflow`,
      `cluster.${name}.upstream_rq_total`,
    ]),
  },
];
