import { readFileSync } from "node:fs";
import { type ScriptedReply, waitFor } from "@sluice/harness";
import {
  EXPLICIT_HTTP1,
  endpoint,
  fileLog,
  httpBootstrap,
  httpOptions,
  staticCluster,
} from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { discovered, fileSource, judgeUpdates } from "../xds-files.ts";

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const CLUSTER = "envoy.config.cluster.v3.Cluster";
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

const UNWELL = ", health_status: UNHEALTHY";
const third = `[${endpoint("{{upstream}}")}, ${endpoint("{{upstream2}}", UNWELL)}, ${endpoint("{{upstream2}}", UNWELL)}]`;
const labelled = (port: string, fields: string): string =>
  endpoint(port, `, metadata: { filter_metadata: { envoy.lb: ${fields} } }`);
const zones = (more: string): string =>
  `{ locality: { zone: a }, lb_endpoints: [${endpoint("{{upstream}}")}] }, { locality: { zone: b }${more}, lb_endpoints: [${endpoint("{{upstream2}}")}] }`;

/** By the cluster's name: its groups of endpoints, and its other fields. */
const CORNERS: Readonly<Record<string, readonly [endpoints: string, more: string]>> = {
  unweighted: [zones(""), "lb_policy: RING_HASH, common_lb_config: { locality_weighted_lb_config: {} }"],
  weighted: [
    zones(", load_balancing_weight: 5"),
    "lb_policy: MAGLEV, common_lb_config: { locality_weighted_lb_config: {} }",
  ],
  calm: [`{ lb_endpoints: ${third} }`, "common_lb_config: { healthy_panic_threshold: { value: 33.9 } }"],
  panicking: [`{ lb_endpoints: ${third} }`, "common_lb_config: { healthy_panic_threshold: { value: 34 } }"],
  prefixed: [
    `{ lb_endpoints: [${labelled("{{upstream}}", "{ a: x, b: y }")}] }`,
    "lb_subset_config: { subset_selectors: [{ keys: [a, b] }, { keys: [a], fallback_policy: ANY_ENDPOINT }] }",
  ],
  extending: [
    `{ lb_endpoints: [${labelled("{{upstream}}", "{ a: x, b: y }")}] }`,
    "lb_subset_config: { subset_selectors: [{ keys: [a], fallback_policy: ANY_ENDPOINT }, { keys: [a, b] }] }",
  ],
  listed: [
    `{ lb_endpoints: [${labelled("{{upstream}}", "{ a: [none, w] }")}] }`,
    "lb_subset_config: { list_as_any: true, subset_selectors: [{ keys: [a] }] }",
  ],
  unbuffered: [`{ lb_endpoints: [${endpoint("{{upstream}}")}] }`, "per_connection_buffer_limit_bytes: 0"],
  requestless: [
    `{ lb_endpoints: [${endpoint("{{upstream}}")}] }`,
    "circuit_breakers: { thresholds: [{ max_requests: 0 }] }",
  ],
  portless: [`{ lb_endpoints: [${endpoint("0")}] }`, ""],
  layered: [
    `{ lb_endpoints: [${endpoint("{{dead}}", UNWELL)}] }, { priority: 2, lb_endpoints: [${endpoint("{{upstream2}}")}] }`,
    "",
  ],
  unbound: [
    `{ lb_endpoints: [${endpoint("{{upstream}}")}] }`,
    "upstream_bind_config: { source_address: { address: 192.0.2.1, port_value: 0 } }",
  ],
  renamed: [`{ lb_endpoints: [${endpoint("{{upstream}}")}] }`, 'alt_stat_name: "another:name"'],
  lone: [`{ lb_endpoints: [${endpoint("{{upstream}}")}] }`, "lb_policy: MAGLEV"],
  unknown: [
    `{ lb_endpoints: [${endpoint("{{upstream}}")}] }`,
    `load_balancing_policy: { policies: [{ typed_extension_config: { name: nobody, typed_config: { "@type": type.googleapis.com/xds.type.v3.TypedStruct, type_url: type.googleapis.com/no.such.Policy } } }, { typed_extension_config: { name: random, typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.random.v3.Random } } }] }`,
  ],
};

/** Fields of clusters with a time in them, for `at`. */
const times = (at: string): readonly string[] => [
  `connect_timeout: ${at}`,
  `dns_refresh_rate: ${at}`,
  `cleanup_interval: ${at}`,
  `common_lb_config: { update_merge_window: ${at} }`,
  `round_robin_lb_config: { slow_start_config: { slow_start_window: ${at} } }`,
  `outlier_detection: { max_ejection_time_jitter: ${at} }`,
  `health_checks: [{ ${OFTEN}, tcp_health_check: {}, initial_jitter: ${at} }]`,
  `typed_extension_protocol_options: { ${HTTP_OPTIONS}: { "@type": type.googleapis.com/${HTTP_OPTIONS}, common_http_protocol_options: { idle_timeout: ${at} }, explicit_http_config: { http_protocol_options: {} } } }`,
  `load_balancing_policy: { policies: [{ typed_extension_config: { name: a, typed_config: { "@type": type.googleapis.com/envoy.extensions.load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin, blackout_period: ${at} } } }] }`,
  `cluster_type: { name: dns, typed_config: { "@type": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster, dns_jitter: ${at} } }`,
];
const HEAD_OPTIONS = httpOptions(
  `common_http_protocol_options: { max_response_headers_kb: 10, max_headers_count: 10 }\n${EXPLICIT_HTTP1}`,
);

export const CLUSTER_DETAIL_CASES: readonly ConformanceCase[] = [
  {
    title: "the runtime limits the heads of responses where the cluster does not",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/own" }, route: { cluster: own } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
      clusters: staticCluster("own", ["{{upstream}}"], HEAD_OPTIONS),
      bootstrap: `layered_runtime:
  layers:
  - name: fixed
    static_layer:
      envoy.reloadable_features.max_response_headers_size_kb: 2
      envoy.reloadable_features.max_response_headers_count: 4`,
    }),
    reply: ({ target }) => ({
      body: "one",
      headers: target.endsWith("/long")
        ? [["x-long", "x".repeat(3_000)]]
        : Array.from({ length: Number(target.split("/")[2]) }, (_, i): [string, string] => [`x-${i}`, "x"]),
    }),
    requests: ["/any/3", "/any/4", "/any/long", "/own/4", "/own/long"].map((path) => ({ path })),
    stats: ["cluster.one.upstream_cx_protocol_error", "cluster.own.upstream_cx_protocol_error"],
  },
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
      const step = async (what: string, reply: ScriptedReply, wanted: string): Promise<void> => {
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
      await step("no answer to one of them", { afterwards: "silent" }, "/failed_active_hc/active_hc_timeout");
      await step("answers again", { headers: [SHOP] }, "healthy");
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
  {
    title: "zeros, fractions and orders of a cluster's settings have the outcome that they have in Envoy",
    accessLog: { file: "access.log", lines: 6 * Object.keys(CORNERS).length },
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%")}`,
      routes: Object.keys(CORNERS)
        .map(
          (name) =>
            `- { match: { prefix: "/${name}" }, route: { cluster: ${name}, metadata_match: { filter_metadata: { envoy.lb: { a: none } } } } }`,
        )
        .join("\n"),
      clusters: Object.entries(CORNERS)
        .map(
          ([name, [endpoints, more]]) =>
            `\n- { name: ${name}, type: STATIC, connect_timeout: 1s, load_assignment: { cluster_name: ${name}, endpoints: [${endpoints}] }${more === "" ? "" : `, ${more}`} }`,
        )
        .join(""),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const answers: Record<string, readonly string[]> = {};
      for (const name of Object.keys(CORNERS)) {
        const seen = new Set<string>();
        // Turns are taken in order where there are several hosts to see.
        for (let n = 0; n < 6; n++) {
          const { status, body } = await target.send({ path: `/${name}` });
          seen.add(`${status} ${status === 503 ? "" : body}`);
        }
        answers[name] = [...seen].sort();
      }
      return answers;
    },
    stats: Object.keys(CORNERS).flatMap((name) => [
      `cluster.${name}.membership_change`,
      `cluster.${name}.bind_errors`,
      `cluster.${name}.maglev_lb.max_entries_per_host`,
      `cluster.${name}.lb_healthy_panic`,
      `cluster.${name}.upstream_rq_active_overflow`,
      `cluster.${name}.upstream_flow_control_backed_up_total`,
    ]),
  },
  {
    title:
      "clusters are refused for times of less than nothing and for those of centuries, wherever they stand",
    yaml: `
node: { id: node, cluster: nodes }
dynamic_resources: { cds_config: ${fileSource("cds.yaml")} }
static_resources:
  listeners:
  - name: main
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains: [{}]
`,
    files: { "cds.yaml": discovered("first", CLUSTER, []) },
    observe: ({ proxy }) =>
      judgeUpdates(
        proxy,
        "cds",
        ["1s", "-1s", "9223372037s"]
          .flatMap(times)
          .map((fields, i) => [fields, discovered(String(i), CLUSTER, [`name: at${i}, ${fields}`])]),
      ),
  },
];
