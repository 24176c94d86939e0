import { type ScriptedReply, waitFor } from "@sluice/harness";
import { EXPLICIT_HTTP1, fileLog, httpBootstrap, httpOptions, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";

const OPTIONS = (common: string): string =>
  httpOptions(`common_http_protocol_options: ${common}\n${EXPLICIT_HTTP1}`);

const CLUSTERS: Readonly<Record<string, string>> = {
  twice: OPTIONS("{ max_requests_per_connection: 2 }"),
  brief: OPTIONS("{ idle_timeout: 0.2s }"),
  mortal: OPTIONS("{ max_connection_duration: 0.2s }"),
  ahead: "preconnect_policy: { per_upstream_preconnect_ratio: 2 }",
  bound: "upstream_bind_config: { source_address: { address: 127.0.0.7, port_value: 0 } }",
};

const TIGHT: Readonly<Record<string, string>> = {
  requests: "circuit_breakers: { thresholds: [{ max_requests: 1, track_remaining: true }] }",
  pools: "circuit_breakers: { thresholds: [{ max_connection_pools: 0 }] }",
  hosts: "circuit_breakers: { per_host_thresholds: [{ max_connections: 1 }] }",
  urgent: `circuit_breakers: { thresholds: [{ priority: HIGH, max_connections: 1, max_pending_requests: 0 }] }`,
  budget: `circuit_breakers: { thresholds: [{ max_retries: 100, track_remaining: true, retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 0 } }] }`,
};

// Whether a host had a part in it.
const LOG = `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_FLAGS% %UPSTREAM_HOST%", "log")}`;

function clusters(of: Readonly<Record<string, string>>): string {
  return Object.entries(of)
    .map(([name, more]) => staticCluster(name, ["{{upstream}}"], more))
    .join("");
}

function routes(of: object, more: Readonly<Record<string, string>> = {}): string {
  return Object.keys(of)
    .map((name) => `- { match: { prefix: "/${name}" }, route: { cluster: ${name}${more[name] ?? ""} } }`)
    .join("\n");
}

async function settled(target: Target, name: string, value: number): Promise<void> {
  await waitFor(`${name} to be ${value}`, async () => (await target.proxy.stats(name)).get(name) === value);
}

const AHEAD: Readonly<Record<string, string>> = {
  turns: "preconnect_policy: { predictive_preconnect_ratio: 2 }",
  both: "preconnect_policy: { predictive_preconnect_ratio: 1.5, per_upstream_preconnect_ratio: 3 }",
  none: `preconnect_policy: { predictive_preconnect_ratio: 3, per_upstream_preconnect_ratio: 3, preconnect_enabled_metadata: { filter: envoy.lb, path: [{ key: ahead }], value: { bool_match: true } } }`,
};

const TRACKED = "circuit_breakers: { thresholds: [{ track_remaining: true }] }";

/** What operators set by runtime, over what is configured or in its absence. */
const BY_RUNTIME: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  connections: { "default.max_connections": 0, "default.max_pending_requests": 0 },
  requests: { "default.max_requests": 0 },
  pools: { "default.max_connection_pools": 0 },
  retries: { "default.max_retries": 0 },
  share: { "default.retry_budget.budget_percent": 0, "default.retry_budget.min_retry_concurrency": 2 },
  high: { "high.max_requests": 0 },
};

function runtimeLayer(): string {
  const keys = Object.entries(BY_RUNTIME).flatMap(([name, settings]) =>
    Object.entries(settings).map(([key, value]) => `circuit_breakers.${name}.${key}: ${value}`),
  );
  return `layered_runtime:
  layers:
  - name: fixed
    static_layer: { outlier_detection.consecutive_5xx: 2, outlier_detection.max_ejection_percent: 100, ${keys.join(", ")} }
  - { name: admin, admin_layer: {} }`;
}

export const CONNECTION_POOL_CASES: readonly ConformanceCase[] = [
  {
    title: "predictive_preconnect_ratio connects to the hosts of the requests that will follow",
    yaml: httpBootstrap({
      routes: routes(AHEAD),
      clusters: Object.entries(AHEAD)
        .map(([name, more]) => staticCluster(name, ["{{upstream}}", "{{upstream2}}"], more))
        .join(""),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: Record<string, readonly (number | undefined)[]> = {};
      for (const name of Object.keys(AHEAD)) {
        const counts: (number | undefined)[] = [];
        for (let i = 0; i < 3; i++) {
          await target.send({ path: `/${name}` });
          const total = `cluster.${name}.upstream_cx_total`;
          counts.push((await target.proxy.stats(total)).get(total));
        }
        seen[name] = counts;
      }
      return seen;
    },
  },
  {
    title: "upstream connections end and are reused as configured",
    yaml: httpBootstrap({ routes: routes(CLUSTERS), clusters: clusters(CLUSTERS) }),
    reply: { body: "one" },
    observe: async (target) => {
      for (let i = 0; i < 5; i++) await target.send({ path: "/twice" });
      await target.send({ path: "/brief" });
      await settled(target, "cluster.brief.upstream_cx_idle_timeout", 1);
      await target.send({ path: "/brief" });
      await target.send({ path: "/mortal" });
      await settled(target, "cluster.mortal.upstream_cx_max_duration_reached", 1);
      await target.send({ path: "/mortal" });
      await target.send({ path: "/ahead" });
      await settled(target, "cluster.ahead.upstream_cx_active", 2);
      const bound = await target.send({ path: "/bound" });
      return { status: bound.status, connections: target.upstream.connections };
    },
    stats: [
      "cluster.twice.upstream_cx_total",
      "cluster.twice.upstream_cx_max_requests",
      "cluster.twice.upstream_cx_destroy_local",
      "cluster.brief.upstream_cx_destroy_local",
      "cluster.mortal.upstream_cx_destroy_local",
      "cluster.mortal.upstream_cx_total",
      "cluster.ahead.upstream_cx_total",
      "cluster.ahead.upstream_rq_total",
    ],
  },
  {
    title: "an upstream that ends its connections is heard",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/slow" }, route: { cluster: one, timeout: 0.2s } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    reply: (request) => {
      if (request.target === "/announced") return { headers: [["connection", "close"]], body: "last" };
      if (request.target === "/closed") return { body: "last", afterwards: "close" };
      if (request.target === "/slow") return { afterwards: "silent" };
      if (request.target === "/reset") return { octets: 0, afterwards: "reset" };
      return { body: "one" };
    },
    observe: async (target) => {
      const seen: number[] = [];
      for (const path of ["/1", "/announced", "/2", "/closed", "/3", "/slow", "/4", "/reset", "/5"]) {
        seen.push((await target.send({ path })).status);
        if (path === "/closed" || path === "/announced")
          await waitFor("the close", () => target.upstream.open === 0);
      }
      return { seen, connections: target.upstream.connections };
    },
    stats: [
      "cluster.one.upstream_cx_close_notify",
      "cluster.one.upstream_cx_destroy",
      "cluster.one.upstream_cx_destroy_local",
      "cluster.one.upstream_cx_destroy_remote",
      "cluster.one.upstream_cx_destroy_with_active_rq",
      "cluster.one.upstream_cx_destroy_local_with_active_rq",
      "cluster.one.upstream_cx_destroy_remote_with_active_rq",
      "cluster.one.upstream_rq_tx_reset",
      "cluster.one.upstream_rq_rx_reset",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_active",
      "cluster.one.upstream_rq_pending_total",
      "cluster.one.upstream_cx_http1_total",
    ],
  },
  {
    title: "circuit breakers count requests, pools, hosts' connections, priorities and retries",
    yaml: httpBootstrap({
      routes: routes(TIGHT, {
        urgent: ", priority: HIGH",
        budget: ", retry_policy: { retry_on: 5xx, num_retries: 3, retry_back_off: { base_interval: 0.01s } }",
      }),
      clusters: clusters(TIGHT),
      hcm: LOG,
    }),
    accessLog: { file: "log", lines: 7 },
    observe: async (target) => {
      const answered = Promise.withResolvers<void>();
      const hostAnswered = Promise.withResolvers<void>();
      target.upstream.reply((request) =>
        request.target.endsWith("/slow")
          ? {
              after: (request.target === "/hosts/slow" ? hostAnswered : answered).promise,
              body: "slow",
            }
          : { status: request.target.startsWith("/budget") ? 503 : 200, body: "one" },
      );
      const slow = target.send({ path: "/requests/slow" });
      await waitFor("the slow request", () => target.upstream.requests.length === 1);
      const refused = await target.send({ path: "/requests" });
      const stats = await target.proxy.stats("circuit_breakers.default");
      const meanwhile = [
        "cluster.requests.circuit_breakers.default.rq_open",
        "cluster.requests.circuit_breakers.default.remaining_rq",
        "cluster.requests.circuit_breakers.default.remaining_cx",
        "cluster.requests.circuit_breakers.default.remaining_pending",
        "cluster.requests.circuit_breakers.default.remaining_retries",
        "cluster.hosts.circuit_breakers.default.remaining_rq",
      ].map((name) => stats.get(name));
      const others = [];
      for (const path of ["/pools", "/urgent", "/budget"]) others.push(await target.send({ path }));
      const host = target.send({ path: "/hosts/slow" });
      await waitFor("the slow request", () =>
        target.upstream.requests.some(({ target: t }) => t === "/hosts/slow"),
      );
      const waiting = target.send({ path: "/hosts" });
      await settled(target, "cluster.hosts.upstream_rq_pending_active", 1);
      answered.resolve();
      const seen = { refused, meanwhile, others, slow: await slow };
      hostAnswered.resolve();
      return { ...seen, waiting: await waiting, host: await host };
    },
    stats: [
      "cluster.requests.upstream_rq_pending_overflow",
      "cluster.pools.upstream_cx_pool_overflow",
      "cluster.pools.upstream_cx_none_healthy",
      "cluster.pools.circuit_breakers.default.cx_pool_open",
      "cluster.urgent.upstream_rq_pending_overflow",
      "cluster.hosts.upstream_cx_overflow",
      "cluster.hosts.upstream_cx_total",
      "cluster.budget.upstream_rq_retry",
      "cluster.budget.upstream_rq_retry_overflow",
    ],
  },
  {
    title: "a host without connections has no pool, and leaves room for another host's",
    yaml: httpBootstrap({
      routes: routes({ both: "" }),
      clusters: staticCluster(
        "both",
        ["{{upstream}}", "{{upstream2}}"],
        "circuit_breakers: { thresholds: [{ max_connection_pools: 1, track_remaining: true }] }",
      ),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const passing: ScriptedReply = {
        body: "one",
        headers: [["connection", "close"]],
        afterwards: "close",
      };
      const bodies = async (reply: ScriptedReply): Promise<readonly string[]> => {
        for (const upstream of [target.upstream, target.upstream2]) upstream.reply(reply);
        const seen: string[] = [];
        for (let i = 0; i < 4; i++) {
          seen.push((await target.send({ path: "/both" })).body);
          if (reply === passing) await settled(target, "cluster.both.upstream_cx_active", 0);
        }
        return seen.toSorted();
      };
      return { passed: await bodies(passing), lasted: await bodies({ body: "one" }) };
    },
    stats: [
      "cluster.both.upstream_cx_pool_overflow",
      "cluster.both.circuit_breakers.default.remaining_cx_pools",
      "cluster.both.circuit_breakers.default.cx_pool_open",
    ],
  },
  {
    title: "TCP sessions count among a cluster's requests, and no limit of requests holds them back",
    yaml: tcpBootstrap(
      [{ name: "main", fields: "cluster: few" }],
      "%RESPONSE_FLAGS%",
      staticCluster(
        "few",
        ["{{tcp}}"],
        "circuit_breakers: { thresholds: [{ max_requests: 1, track_remaining: true }] }",
      ),
    ),
    tcp: (socket) => void socket.pipe(socket),
    observe: async (target) => {
      const remaining = async (): Promise<readonly (number | undefined)[]> => {
        const stats = await target.proxy.stats("cluster.few.circuit_breakers.default");
        return ["rq_open", "remaining_rq"].map((name) =>
          stats.get(`cluster.few.circuit_breakers.default.${name}`),
        );
      };
      const seen = [];
      const sessions = [];
      for (let i = 0; i < 2; i++) {
        const session = await target.connect();
        session.write("a");
        await session.reader.exactly(1);
        sessions.push(session);
        seen.push(await remaining());
      }
      for (const session of sessions) session.destroy();
      await settled(target, "cluster.few.upstream_rq_active", 0);
      return [...seen, await remaining()];
    },
  },
  {
    title: "runtime keys set the limits of circuit breakers and of outlier detection",
    yaml: httpBootstrap({
      routes: routes(
        { ...BY_RUNTIME, outliers: {} },
        {
          retries: ", retry_policy: { retry_on: 5xx, num_retries: 1 }",
          share: ", retry_policy: { retry_on: 5xx, num_retries: 1 }",
          high: ", priority: HIGH",
        },
      ),
      clusters: `${clusters(Object.fromEntries(Object.keys(BY_RUNTIME).map((name) => [name, TRACKED])))}${staticCluster(
        "outliers",
        ["{{upstream}}"],
        "outlier_detection: { interval: 60s }\ncommon_lb_config: { healthy_panic_threshold: { value: 0 } }",
      )}`,
      hcm: LOG,
      bootstrap: runtimeLayer(),
    }),
    reply: (request) => ({
      status: /^\/(retries|share|outliers)/.test(request.target) ? 503 : 200,
      body: "one",
    }),
    observe: async (target) => {
      const seen: Record<string, readonly number[]> = {};
      for (const name of [...Object.keys(BY_RUNTIME), "outliers"]) {
        const statuses: number[] = [];
        for (let i = 0; i < 3; i++) {
          // Who serves does not eject, but the main thread, at Envoy, too.
          if (name === "outliers" && i === 2)
            await settled(target, "cluster.outliers.outlier_detection.ejections_active", 1);
          statuses.push((await target.send({ path: `/${name}` })).status);
        }
        seen[name] = statuses;
      }
      const stats = await target.proxy.stats("circuit_breakers");
      const remaining = [
        "requests.circuit_breakers.default.remaining_cx",
        "share.circuit_breakers.default.remaining_retries",
      ];
      const set = "circuit_breakers.requests.default.max_requests=1&outlier_detection.consecutive_5xx=5";
      await target.proxy.admin(`/runtime_modify?${set}`, "POST");
      await waitFor("the change", async () => (await target.send({ path: "/requests" })).status === 200);
      return { seen, remaining: remaining.map((name) => stats.get(`cluster.${name}`)) };
    },
    stats: [
      "cluster.connections.upstream_cx_overflow",
      "cluster.connections.upstream_rq_pending_overflow",
      "cluster.pools.upstream_cx_pool_overflow",
      "cluster.high.upstream_rq_pending_overflow",
      "cluster.retries.upstream_rq_retry",
      "cluster.retries.upstream_rq_retry_overflow",
      "cluster.share.upstream_rq_retry",
      "cluster.share.upstream_rq_retry_overflow",
      "cluster.outliers.outlier_detection.ejections_enforced_consecutive_5xx",
    ],
  },
];
