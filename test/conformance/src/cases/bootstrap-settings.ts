import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type RawConnection, requestBytes, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

/** Whether a second server may listen on the listener's port, with SO_REUSEPORT like the proxy's. */
function mayShare({ port }: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, reusePort: true, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** How many of so many connections each worker has. */
async function balanced({ connect, proxy }: Target, count: number): Promise<unknown> {
  const open: RawConnection[] = [];
  for (let i = 0; i < count; i++) {
    const connection = await connect();
    open.push(connection);
    connection.write(requestBytes({ path: "/", headers: [["host", "a"]] }));
    await connection.response("GET");
  }
  const stats = await proxy.stats();
  for (const connection of open) connection.destroy();
  return [0, 1].map((worker) => stats.get(`listener.main.worker_${worker}.downstream_cx_active`));
}

/** The first lines of the event log, without what differs from run to run. */
async function events({ proxy }: Target, count: number): Promise<unknown> {
  const lines = (): string[] => {
    const file = join(proxy.dir, "events.log");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  };
  await waitFor("events", () => lines().length >= count, { deadlineMs: 30_000, intervalMs: 50 });
  return lines()
    .slice(0, count)
    .map((line) =>
      line
        .replace(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/, '"timestamp":"<time>"')
        .replace(/"secs_since_last_action":"?\d+"?/, '"secs_since_last_action":<n>'),
    );
}

const EVENTS = `cluster_manager:
  outlier_detection: { event_log_path: "{{dir}}/events.log" }`;

/** Both look every 0.2 s at hosts that may come back. */
const outlier = (more: string): string =>
  `outlier_detection: { interval: 0.2s, base_ejection_time: 0.2s, max_ejection_percent: 100, ${more} }`;

export const BOOTSTRAP_SETTING_CASES: readonly ConformanceCase[] = [
  {
    title: "rules of one's own for tags look ahead, refer back and know POSIX's classes",
    yaml: httpBootstrap({
      bootstrap: `stats_config:
  use_all_default_tags: false
  stats_tags:
  - { tag_name: ahead, regex: '^cluster(?=\\.one\\.)(\\.(.+?)\\.)' }
  - { tag_name: code, regex: '_rq(_([[:digit:]]{3}))$' }
  - { tag_name: class, regex: '_rq(_(\\dxx))$' }
  - { tag_name: twice, regex: '^cluster\\.(t(w)\\w\\.)upstream_cx_(?:http(\\d)_total|(c)(?=onnect))' }
  - { tag_name: lone, regex: '^http\\.(main)\\.' }
  - { tag_name: word, regex: '^listener_manager\\.([_[:alpha:]]+[[:space:]]*)ted$' }
  - { tag_name: back, regex: '^cluster\\.(two\\.)upstream_cx_total|^server\\.((l)ive)' }
  - { tag_name: again, regex: '^listener_manager\\.(listener_(a(d)\\3ed))$' }`,
    }),
    requests: [{ path: "/" }],
    observe: async ({ proxy }) => {
      const wanted = [
        "^cluster.one.upstream_rq_(200|2xx|total)$",
        "^cluster.two.upstream_cx_(total|http1_total|connect_fail)$",
        "^http.main.downstream_rq_(2xx|total)$",
        "^listener_manager.listener_(added|create_success)$",
        "^server.live$",
      ];
      const texts: string[] = [];
      for (const filter of wanted) texts.push(await proxy.admin(`/stats?filter=${filter}&format=prometheus`));
      return texts.flatMap((text) =>
        text
          .split("\n")
          .filter((line) => line !== "")
          .toSorted(),
      );
    },
  },
  {
    title:
      "a listener without SO_REUSEPORT shares its port with nobody, and its workers have equally many connections",
    yaml: httpBootstrap({
      listener: `stat_prefix: main
enable_reuse_port: false
connection_balance_config: { exact_balance: {} }`,
    }),
    concurrency: 2,
    observe: async (target) => [await mayShare(target), await balanced(target, 6)],
  },
  {
    title: "a listener with SO_REUSEPORT shares its port",
    yaml: httpBootstrap({ listener: "enable_reuse_port: true" }),
    observe: mayShare,
  },
  {
    title: "without the flag file health checks pass",
    yaml: httpBootstrap({
      bootstrap: `flags_path: "{{dir}}"\nstats_server_version_override: 42`,
      httpFilters: `- name: envoy.filters.http.health_check
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck
    pass_through_mode: false
    headers: [{ name: ":path", string_match: { exact: /healthz } }]
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }`,
    }),
    requests: [{ path: "/healthz" }],
    stats: ["server.live", "server.version"],
  },
  {
    title: "clusters come from the cluster manager's address unless they have one",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/own" }, route: { cluster: own } }
- { match: { path: "/" }, route: { cluster: one } }`,
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%")}`,
      clusters: staticCluster(
        "own",
        ["{{upstream}}"],
        "upstream_bind_config: { source_address: { address: 127.0.0.3, port_value: 0 } }",
      ),
      bootstrap: `cluster_manager:
  enable_deferred_cluster_creation: true
  upstream_bind_config: { source_address: { address: 127.0.0.2, port_value: 0 } }`,
    }),
    requests: [{ path: "/" }, { path: "/own" }],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "ejections and returns of hosts are told in the outlier event log",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/" }, route: { cluster: watched } }`,
      clusters: staticCluster("watched", ["{{upstream}}"], outlier("consecutive_5xx: 2")),
      bootstrap: EVENTS,
    }),
    reply: { status: 500, body: "no" },
    requests: [{ path: "/" }, { path: "/" }],
    observe: (target) => events(target, 2),
  },
  {
    title: "an ejection that is not enforced is told as well",
    yaml: httpBootstrap({
      routes: `- { match: { path: "/" }, route: { cluster: watched } }`,
      clusters: staticCluster(
        "watched",
        ["{{upstream}}"],
        outlier(
          "consecutive_gateway_failure: 1, enforcing_consecutive_gateway_failure: 0, enforcing_consecutive_5xx: 0",
        ),
      ),
      bootstrap: EVENTS,
    }),
    reply: { status: 503, body: "no" },
    requests: [{ path: "/" }],
    observe: (target) => events(target, 1),
  },
];
