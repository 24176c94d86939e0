import { setTimeout as wait } from "node:timers/promises";
import { type RawConnection, RawHttp2Client, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { type SeenSession, scriptedTcp, session } from "../tcp-session.ts";

const HCM = `
http2_protocol_options: { allow_connect: true }
access_log: ${fileLog("%REQ(:METHOD)% %REQ(:AUTHORITY)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% wire=%UPSTREAM_WIRE_BYTES_SENT%/%UPSTREAM_HEADER_BYTES_SENT%/%UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT%/%UPSTREAM_WIRE_BYTES_RECEIVED%/%UPSTREAM_HEADER_BYTES_RECEIVED% host=%UPSTREAM_HOST% %UPSTREAM_PROTOCOL% n=%UPSTREAM_REQUEST_ATTEMPT_COUNT% fail=%UPSTREAM_TRANSPORT_FAILURE_REASON%")}
upgrade_configs: [{ upgrade_type: CONNECT }]
`;

function route(
  domain: string,
  cluster: string,
  config: string,
  more = "",
  match = "connect_matcher: {}",
): string {
  return `
  - name: ${domain}
    domains: ["${domain}.test:443", "${domain}.test"]
    routes:
      - match: { ${match} }
        route:
          cluster: ${cluster}
          upgrade_configs: [{ upgrade_type: CONNECT, connect_config: { ${config} } }]
          ${more}`;
}

const yaml = httpBootstrap({
  hcm: HCM,
  routeConfig: `name: local
virtual_hosts:${[
    route("main", "raw", ""),
    route("proxied", "raw", "proxy_protocol_config: { version: V1 }"),
    route("binary", "raw", "proxy_protocol_config: { version: V2 }"),
    route("post", "raw", "allow_post: true", "", 'prefix: "/"'),
    route("closed", "dead", "", "retry_policy: { retry_on: connect-failure, num_retries: 2 }"),
  ].join("")}`,
  clusters: staticCluster("raw", ["{{tcp}}"]),
});

const upstreamSaw: string[] = [];
const upstream = scriptedTcp((what) => upstreamSaw.push(what.replace(/^(PROXY TCP4 \S+ \S+) .*/, "$1")));

/** Without what differs from run to run. */
function masked(seen: SeenSession): SeenSession {
  const received = seen.received
    .replace(/^date: .*$/m, "date: <date>")
    .replace(/^(x-envoy-upstream-service-time): .*$/m, "$1: <ms>");
  return { ...seen, received };
}

const connect = (name: string, data = "", more = ""): string =>
  `CONNECT ${name}.test:443 HTTP/1.1\r\nhost: ${name}.test:443\r\n${more}\r\n${data}`;

const STATS = [
  "upstream_cx_total",
  "upstream_cx_active",
  "upstream_cx_destroy",
  "upstream_cx_destroy_local",
  "upstream_cx_destroy_with_active_rq",
  "upstream_cx_overflow",
  "upstream_cx_connect_fail",
  "upstream_cx_http1_total",
  "upstream_cx_rx_bytes_total",
  "upstream_cx_tx_bytes_total",
  "upstream_rq_total",
  "upstream_rq_active",
  "upstream_rq_pending_total",
  "upstream_rq_pending_overflow",
  "upstream_rq_pending_failure_eject",
  "upstream_rq_200",
  "upstream_rq_503",
  "upstream_rq_retry",
  "upstream_rq_tx_reset",
  "upstream_rq_rx_reset",
];

export const CONNECT_TERMINATION_CASES: readonly ConformanceCase[] = [
  {
    title: "an HTTP/1 CONNECT ends here and goes on as raw TCP",
    yaml,
    tcp: upstream,
    observe: async (target) => {
      upstreamSaw.length = 0;
      const seen: Record<string, unknown> = {};
      const run = async (name: string, options: Parameters<typeof session>[1]) => {
        seen[name] = masked(await session(target.port, options));
        await wait(100);
        seen[`${name} upstream`] = upstreamSaw.splice(0);
      };
      await run("main", { send: connect("main"), next: ["echo\nabc"], until: "abc" });
      await run("at once", { send: connect("main", "echo\nabc"), until: "abc" });
      await run("the upstream ends first", { send: connect("main", "bye\n") });
      await run("the upstream resets", { send: connect("main", "reset\n") });
      await run("the client ends first", { send: connect("main", "echo\nabc"), until: "abc" });
      await run("proxied", { send: connect("proxied"), waitMs: 300 });
      await run("closed", { send: connect("closed"), until: "refused" });
      await run("post", {
        send: "POST /x HTTP/1.1\r\nhost: post.test\r\ntransfer-encoding: chunked\r\n\r\n8\r\necho\nabc\r\n",
        until: "abc",
      });
      await run("post ends", {
        send: "POST /x HTTP/1.1\r\nhost: post.test\r\ncontent-length: 8\r\n\r\necho\nabc",
        waitMs: 500,
      });
      await run("get", { send: "GET /x HTTP/1.1\r\nhost: post.test\r\n\r\n", waitMs: 300 });
      return seen;
    },
    stats: ["raw", "dead"].flatMap((name) => STATS.map((stat) => `cluster.${name}.${stat}`)),
    accessLog: { file: "access.log", lines: 10 },
  },
  {
    title: "an HTTP/2 CONNECT ends here and goes on as raw TCP, with half-closes both ways",
    yaml,
    tcp: upstream,
    observe: async (target) => {
      upstreamSaw.length = 0;
      const client = await RawHttp2Client.connect(target.port);
      const seen: Record<string, unknown> = {};
      const run = async (id: number, host: string, data: string, end: boolean, until: string) => {
        client.headers(
          id,
          [
            [":method", "CONNECT"],
            [":authority", `${host}.test:443`],
          ],
          4,
        );
        if (data !== "") client.data(id, data, end);
        await waitFor(
          "what is awaited",
          () => client.isOver(id) || (until !== "" && client.streams.get(id)?.body.includes(until) === true),
        );
        if (!client.isOver(id)) client.reset(id, 8);
        await wait(100);
        seen[`${host} ${data} ${end}`] = { ...client.streams.get(id), upstream: upstreamSaw.splice(0) };
      };
      try {
        await run(1, "main", "echo\nabc", true, "");
        await run(3, "main", "echo\nabc", false, "abc");
        await run(5, "main", "bye\n", false, "");
        await run(7, "main", "reset\n", false, "");
        await run(9, "closed", "", false, "");
        await run(11, "main", "late\n", true, "");
      } finally {
        client.destroy();
      }
      return seen;
    },
    stats: STATS.map((stat) => `cluster.raw.${stat}`),
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "a router that takes no early data with CONNECT",
    yaml: httpBootstrap({
      hcm: HCM,
      routeConfig: `name: local\nvirtual_hosts:${route("main", "raw", "")}`,
      clusters: staticCluster("raw", ["{{tcp}}"]),
      httpFilters: `
- name: envoy.filters.http.router
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
    reject_connect_request_early_data: true`,
    }),
    tcp: upstream,
    observe: async ({ port }) => ({
      early: masked(await session(port, { send: connect("main", "echo\nabc") })),
      late: masked(await session(port, { send: connect("main"), next: ["echo\nabc"], until: "abc" })),
    }),
    stats: ["http.main.downstream_rq_4xx"],
    accessLog: { file: "access.log", lines: 2 },
  },
  {
    title: "CONNECTs that end here wait for a connection at the limit, as far as pending requests may",
    yaml: httpBootstrap({
      hcm: HCM,
      routeConfig: `name: local
virtual_hosts:${route("main", "narrow", "")}`,
      clusters: staticCluster(
        "narrow",
        ["{{tcp}}"],
        "circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] }",
      ),
    }),
    tcp: (socket) => {
      socket.pipe(socket);
      socket.on("error", () => {});
    },
    observe: async (target) => {
      const stat = async (name: string): Promise<number> =>
        (await target.proxy.stats(`cluster.narrow.${name}`)).get(`cluster.narrow.${name}`) ?? 0;
      const open = async (): Promise<RawConnection> => {
        const connection = await target.connect();
        connection.write(connect("main"));
        return connection;
      };
      const first = await open();
      const seen = [(await first.response("CONNECT")).status];
      const second = await open();
      await waitFor("the second to wait", async () => (await stat("upstream_rq_pending_active")) === 1);
      const third = await open();
      seen.push((await third.response("CONNECT")).status);
      first.destroy();
      seen.push((await second.response("CONNECT")).status);
      const fourth = await open();
      await waitFor("the fourth to wait", async () => (await stat("upstream_rq_pending_active")) === 1);
      fourth.destroy();
      await waitFor("the fourth to give up", async () => (await stat("upstream_rq_pending_active")) === 0);
      for (const connection of [second, third]) connection.destroy();
      await waitFor("the end", async () => (await stat("upstream_cx_active")) === 0);
      return seen;
    },
    stats: [
      "cluster.narrow.upstream_cx_total",
      "cluster.narrow.upstream_cx_overflow",
      "cluster.narrow.upstream_rq_pending_total",
      "cluster.narrow.upstream_rq_pending_overflow",
      "cluster.narrow.upstream_rq_cancelled",
      "cluster.narrow.upstream_rq_total",
    ],
  },
];
