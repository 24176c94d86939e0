import { connectRaw, waitFor } from "@sluice/harness";
import { endpoint, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { linesOf } from "../log-lines.ts";
import { readLagging } from "../read-lagging.ts";

const ROUTES = `- { match: { prefix: "/" }, route: { cluster: checked } }`;

function checked(ports: readonly string[], more: string): string {
  return `
- name: checked
  type: STATIC
  connect_timeout: 0.5s
  common_lb_config: { healthy_panic_threshold: { value: 0 } }
  load_assignment: { cluster_name: checked, endpoints: [{ lb_endpoints: [${ports.map((port) => endpoint(port)).join(", ")}] }] }
  ${more}`;
}

const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");
/** The host sends back what it gets. */
const PROXY_CHECKS: Readonly<Record<string, string>> = {
  v1: `tcp_health_check: { proxy_protocol_config: { version: V1 }, receive: [{ text: "${hex("PROXY TCP4 127.0.0.1 127.0.0.1 ")}" }] }`,
  v2: `tcp_health_check: { proxy_protocol_config: { version: V2 }, send: { text: "61" }, receive: [{ text: "${hex("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0a")}" }] }`,
  matched: `transport_socket_match_criteria: { check: secure }, tcp_health_check: {}`,
  unmatched: `transport_socket_match_criteria: { check: other }, tcp_health_check: {}`,
};

const FRAIL: Readonly<Record<string, string>> = {
  frail: "close_connections_on_host_health_failure: true",
  staying: "close_connections_on_host_health_failure: false",
};
const frail = { healthy: true };

/** Health flags by the place of the port in `names`. */
async function flags(
  target: Target,
  ports: Readonly<Record<string, number>>,
): Promise<Record<string, string>> {
  const text = await target.proxy.admin("/clusters");
  const found: Record<string, string> = {};
  for (const [name, port] of Object.entries(ports)) {
    found[name] =
      new RegExp(`^checked::127.0.0.1:${port}::health_flags::(.*)$`, "m").exec(text)?.[1] ?? "absent";
  }
  return found;
}

const untilFlags = (
  target: Target,
  ports: Readonly<Record<string, number>>,
  wanted: (found: Readonly<Record<string, string>>) => boolean,
): Promise<Readonly<Record<string, string>> | undefined> =>
  readLagging(() => flags(target, ports), wanted, { deadlineMs: 5_000, intervalMs: 20 });

/** What `/clusters` says of the hosts' health as JSON and of success rates as text, without ports. */
async function clusterPage(target: Target, name: string): Promise<unknown> {
  const text = await target.proxy.admin("/clusters");
  const json = JSON.parse(await target.proxy.admin(`/clusters?format=json&filter=^${name}$`)) as {
    cluster_statuses: readonly Record<string, unknown>[];
  };
  const [status] = json.cluster_statuses;
  const hosts = status?.host_statuses as readonly Record<string, unknown>[];
  return {
    rates: [...text.matchAll(new RegExp(`^${name}::.*(success_rate.*)$`, "gm"))].map(([, line]) => line),
    thresholds: Object.fromEntries(
      Object.entries(status ?? {}).filter(([key]) => /ejection_threshold/.test(key)),
    ),
    hosts: hosts.map(({ health_status, success_rate, local_origin_success_rate }) => ({
      health_status,
      success_rate,
      local_origin_success_rate,
    })),
  };
}

async function bodies(target: Target, count: number): Promise<string[]> {
  const seen = new Set<string>();
  for (let n = 0; n < count; n++) {
    const { status, body } = await target.send({ path: `/${n}` });
    seen.add(`${status} ${body}`);
  }
  return [...seen].sort();
}

const TIMES = `timeout: 0.5s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 2, healthy_threshold: 2`;

const LABELLED = `
- name: labelled
  type: STATIC
  load_assignment:
    cluster_name: labelled
    endpoints: [{ lb_endpoints: [${["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"]
      .map((status, index) => endpoint(String(index + 1)).replace(/ \}$/, `, health_status: ${status} }`))
      .join(", ")}] }]`;

export const HEALTH_CASES: readonly ConformanceCase[] = [
  {
    title: "HTTP health checks take hosts out and in, and tell of it",
    yaml: httpBootstrap({
      routes: ROUTES,
      clusters: checked(
        ["{{upstream}}", "{{upstream2}}"],
        `health_checks:
    - { ${TIMES}, event_log_path: "{{dir}}/events.log", http_health_check: { path: "/hc?x=1", host: hc.test, request_headers_to_add: [{ header: { key: X-One, value: a } }], expected_statuses: [{ start: 200, end: 204 }], retriable_statuses: [{ start: 429, end: 430 }] } }`,
      ),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const ports = { one: target.upstream.port, two: target.upstream2.port };
      const steps: unknown[] = [];
      const step = async (what: string, state: string, wanted: string): Promise<void> => {
        target.upstream.reply(({ target: path }) =>
          path.startsWith("/hc") ? { status: Number(state), body: "ok" } : { body: "one" },
        );
        const found = await untilFlags(target, ports, ({ one }) => one === wanted);
        // What the main thread has decided reaches the workers a moment later, up to the merge window of a second.
        const both = wanted === "healthy";
        const answers = await readLagging(
          () => bodies(target, 6),
          (bodies) => bodies.includes("200 one") === both,
        );
        steps.push([what, found, answers]);
      };
      await step("all is well", "200", "healthy");
      await step("a wrong answer", "500", "/failed_active_hc");
      await step("well again", "203", "healthy");
      await step("a retriable answer, twice", "429", "/failed_active_hc");
      const check = target.upstream.requests.find(({ target: path }) => path.startsWith("/hc"));
      const lines = await readLagging(
        () => linesOf(target.proxy, "events.log"),
        (lines) => lines.some((line) => line.includes("429")),
      );
      const events = (lines ?? [])
        .map((line) => {
          const { timestamp: _timestamp, host, ...rest } = JSON.parse(line);
          const which = host?.socket_address?.port_value === ports.one ? "one" : "two";
          return [which, rest];
        })
        .filter(([which]) => which === "one");
      return { steps, request: check?.raw, events };
    },
    stats: ["cluster.checked.health_check.healthy", "cluster.checked.membership_healthy"],
  },
  {
    title: "HTTP health checks compare bodies and service names, and see degraded hosts",
    yaml: httpBootstrap({
      routes: ROUTES,
      clusters: checked(
        ["{{upstream}}", "{{upstream2}}"],
        `health_checks:
    - { ${TIMES}, http_health_check: { path: /hc, receive: [{ text: "6f6b" }, { text: "79" }], service_name_matcher: { prefix: shop } } }`,
      ),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const ports = { one: target.upstream.port };
      const steps: unknown[] = [];
      const step = async (
        what: string,
        body: string,
        headers: [string, string][],
        wanted: string,
      ): Promise<void> => {
        target.upstream.reply(({ target: path }) => (path === "/hc" ? { body, headers } : { body: "one" }));
        steps.push([what, await untilFlags(target, ports, ({ one }) => one === wanted)]);
      };
      const shop: [string, string] = ["x-envoy-upstream-healthchecked-cluster", "shop-7"];
      await step("matches", "is ok, really", [shop], "healthy");
      await step("degraded", "is ok, really", [shop, ["x-envoy-degraded", "1"]], "/degraded_active_hc");
      await step("another order", "y ok", [shop], "/failed_active_hc/degraded_active_hc");
      await step("matches again", "oky", [shop], "healthy");
      await step(
        "another service",
        "oky",
        [["x-envoy-upstream-healthchecked-cluster", "x"]],
        "/failed_active_hc",
      );
      return steps;
    },
  },
  {
    title: "TCP health checks connect, or send and wait for what is expected",
    yaml: httpBootstrap({
      routes: ROUTES,
      clusters:
        checked(["{{upstream}}", "{{dead}}"], `health_checks: [{ ${TIMES}, tcp_health_check: {} }]`) +
        checked(
          ["{{tcp}}", "{{upstream}}"],
          `health_checks: [{ ${TIMES}, tcp_health_check: { send: { text: "50494e47" }, receive: [{ text: "504f" }, { text: "4e47" }] } }]`,
        ).replaceAll("checked", "payload"),
    }),
    tcp: (socket) => {
      socket.on("data", (chunk) => {
        if (chunk.toString() === "PING") socket.write("..PO--NG..");
      });
    },
    ignoreUpstream: true,
    observe: async (target) => {
      const seen = await readLagging(
        async () => {
          const text = await target.proxy.admin("/clusters");
          return ["checked", "payload"].map((cluster) =>
            [...text.matchAll(new RegExp(`^${cluster}::127.*::health_flags::(.*)$`, "gm"))]
              .map(([, found]) => found ?? "")
              .map((found) => found.replace("/active_hc_timeout", ""))
              .sort(),
          );
        },
        // The first round.
        (clusters) => clusters.every((found) => found.includes("healthy") && found[0] !== "healthy"),
        { deadlineMs: 5_000 },
      );
      const answers = await bodies(target, 4);
      return { seen, answers };
    },
  },
  {
    title: "TCP health checks begin with a PROXY header, and checks choose a transport socket of their own",
    yaml: httpBootstrap({
      clusters: ["v1", "v2", "matched", "unmatched"]
        .map(
          (name) =>
            `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoint("{{tcp}}")}] }] }
  transport_socket_matches:
    - { name: secure, match: { check: secure }, transport_socket: { name: tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext } } }
  health_checks:
    - { timeout: 1s, interval: 30s, unhealthy_threshold: 1, healthy_threshold: 1, ${PROXY_CHECKS[name]} }`,
        )
        .join(""),
    }),
    tcp: (socket) => {
      socket.pipe(socket);
      socket.on("error", () => {});
    },
    observe: async (target) => {
      const seen: Record<string, number> = {};
      for (const name of ["v1", "v2", "matched", "unmatched"]) {
        await waitFor(`the check of ${name}`, async () => {
          const stats = await target.proxy.stats(`cluster.${name}.health_check`);
          const [success = 0, failure = 0] = ["success", "failure"].map(
            (each) => stats.get(`cluster.${name}.health_check.${each}`) ?? 0,
          );
          seen[name] = success > 0 ? 1 : 0;
          return success + failure > 0;
        });
      }
      return seen;
    },
  },
  {
    title: "TCP sessions end with the health of their host where that is wanted",
    yaml: httpBootstrap({
      clusters: Object.entries(FRAIL)
        .map(
          ([name, more]) => `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  ${more}
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoint("{{tcp}}")}] }] }
  health_checks:
    - { timeout: 1s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 1, healthy_threshold: 1, reuse_connection: false, tcp_health_check: { send: { text: "${hex("check")}" }, receive: [{ text: "${hex("fine")}" }] } }`,
        )
        .join(""),
    }).replace(
      "  clusters:",
      `${Object.keys(FRAIL)
        .map(
          (name) => `    - name: to-${name}
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains: [{ filters: [{ name: tcp, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: ${name} } }] }]
`,
        )
        .join("")}  clusters:`,
    ),
    tcp: (socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => {
        if (chunk.toString() === "check") socket.end(frail.healthy ? "fine" : "poor");
        else socket.write(chunk);
      });
    },
    observe: async ({ proxy }) => {
      frail.healthy = true;
      const healthy = async (count: number): Promise<void> => {
        for (const name of Object.keys(FRAIL)) {
          const gauge = `cluster.${name}.membership_healthy`;
          await waitFor(
            `${gauge} to be ${count}`,
            async () => (await proxy.stats(gauge)).get(gauge) === count,
          );
        }
      };
      await healthy(1);
      const sessions = [];
      for (const name of Object.keys(FRAIL)) {
        const session = await connectRaw(await proxy.listenerPort(`to-${name}`));
        session.write("hello");
        await session.reader.exactly(5);
        sessions.push(session);
      }
      frail.healthy = false;
      const [closing, staying] = sessions;
      await closing?.closed();
      await healthy(0);
      staying?.write("still");
      const echoed = (await staying?.reader.exactly(5))?.toString();
      for (const session of sessions) session.destroy();
      return echoed;
    },
    stats: ["cluster.frail.upstream_cx_destroy_local_with_active_rq", "cluster.frail.upstream_cx_total"],
  },
  {
    title: "outlier detection ejects hosts after failures in a row",
    yaml: httpBootstrap({
      routes: ROUTES,
      clusters:
        checked(
          ["{{upstream}}", "{{upstream2}}"],
          `outlier_detection: { consecutive_5xx: 3, base_ejection_time: 300s, max_ejection_percent: 50, enforcing_consecutive_gateway_failure: 0, consecutive_gateway_failure: 2 }`,
        ) + LABELLED,
    }),
    reply: { status: 503, body: "one" },
    ignoreUpstream: true,
    observe: async (target) => {
      const ports = { one: target.upstream.port, two: target.upstream2.port };
      const before = await bodies(target, 6);
      const requests = target.upstream.requests.length;
      const found = await untilFlags(target, ports, ({ one }) => one !== "healthy");
      const page = await clusterPage(target, "checked");
      const labelled = await clusterPage(target, "labelled");
      // Flags are the main thread's, which the workers follow a moment later.
      const after = await readLagging(
        () => bodies(target, 6),
        ({ length }) => length === 1,
      );
      return { before, requests, found, page, labelled, after };
    },
    stats: [
      "ejections_active",
      "ejections_enforced_total",
      "ejections_overflow",
      "ejections_detected_consecutive_5xx",
      "ejections_enforced_consecutive_5xx",
      "ejections_detected_consecutive_gateway_failure",
      "ejections_enforced_consecutive_gateway_failure",
    ].map((name) => `cluster.checked.outlier_detection.${name}`),
  },
  {
    title: "outlier detection keeps within its share, counts failed connections and looks at success rates",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: "/rate" }, route: { cluster: rated } }\n${ROUTES}`,
      clusters:
        checked(
          ["{{dead}}", "{{upstream2}}", "{{upstream}}"],
          `outlier_detection: { consecutive_5xx: 2, base_ejection_time: 300s, max_ejection_percent: 34 }`,
        ) +
        checked(
          ["{{upstream}}", "{{upstream2}}"],
          `outlier_detection: { consecutive_5xx: 1000, interval: 1s, base_ejection_time: 300s, max_ejection_percent: 100, success_rate_minimum_hosts: 2, success_rate_request_volume: 5, success_rate_stdev_factor: 500, failure_percentage_minimum_hosts: 100 }`,
        ).replaceAll("checked", "rated"),
    }),
    reply: ({ target: path }) => (path.startsWith("/rate") ? { status: 500 } : { status: 501, body: "one" }),
    ignoreUpstream: true,
    observe: async (target) => {
      for (let n = 0; n < 12; n++) await target.send({ path: "/x" });
      const rated = async (): Promise<string[]> => {
        for (let n = 0; n < 30; n++) await target.send({ path: "/rate" });
        const text = await target.proxy.admin("/clusters");
        return [...text.matchAll(/^rated::127.*::health_flags::(.*)$/gm)]
          .map(([, found]) => found ?? "")
          .sort();
      };
      const found = await readLagging(rated, (flags) => flags.some((each) => each !== "healthy"), {
        deadlineMs: 5_000,
        intervalMs: 1,
      });
      return { found, page: await clusterPage(target, "rated") };
    },
    stats: [
      "cluster.checked.outlier_detection.ejections_active",
      "cluster.checked.outlier_detection.ejections_enforced_total",
      "cluster.rated.outlier_detection.ejections_enforced_success_rate",
      "cluster.rated.outlier_detection.ejections_active",
    ],
  },
];
