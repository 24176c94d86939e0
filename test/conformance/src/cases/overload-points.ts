import { RawHttp2Client, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { pressPoint, shedding } from "../overload-pressure.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { session } from "../tcp-session.ts";

const LOG = `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %REQ(:PATH)% %PROTOCOL%")}
`;

const shed = (point: string): string => `overload.envoy.load_shed_points.${point}.shed_load_count`;

/** A request that is under way when the pressure rises, then more of it and another one. */
async function underPressure(target: Target, point: string): Promise<unknown> {
  const client = await RawHttp2Client.connect(target.port);
  try {
    client.request(1, "/before", [], { method: "POST", endStream: false });
    await waitFor(
      "the request",
      async () => (await target.proxy.stats()).get("http.main.downstream_rq_active") === 1,
    );
    await pressPoint(target, "0.9", point);
    client.request(3, "/under");
    await waitFor("its answer or the end", () => client.isOver(3));
    if (!client.closed) client.data(1, "more", true);
    await waitFor("the first's end", () => client.isOver(1));
    await pressPoint(target, "0.1", point);
    const { goAway, goAways, closed } = client;
    return {
      goAway,
      goAways,
      closed,
      streams: [client.streams.get(1) ?? null, client.streams.get(3) ?? null],
    };
  } finally {
    client.destroy();
  }
}

const AWAY = "http2_server_go_away_on_dispatch";
const CLOSE = "http2_server_go_away_and_close_on_dispatch";
const CONNECT = "connection_pool_new_connection";

const goesAway = (points: readonly string[], lines: number): ConformanceCase => ({
  title: `an HTTP/2 connection ends under pressure, by ${points.join(" and ")}`,
  files: { pressure: "0.1" },
  ignoreUpstream: true,
  yaml: httpBootstrap({ listener: "stat_prefix: main", hcm: LOG, bootstrap: shedding(...points) }),
  observe: (target) => underPressure(target, points[0] ?? ""),
  accessLog: { file: "access.log", lines },
  stats: [
    // How many reads there are is the kernel's business; a connection that goes has one.
    ...(points.includes(CLOSE) ? points.map(shed) : []),
    "http2.goaway_sent",
    "http.main.downstream_rq_overload_close",
    "http.main.downstream_rq_total",
    "http.main.downstream_cx_protocol_error",
    "http.main.downstream_cx_destroy_local",
    "http.main.downstream_cx_destroy_local_active_rq",
    "http.main.downstream_cx_drain_close",
    "http.main.downstream_rq_rx_reset",
    "http.main.downstream_rq_tx_reset",
  ],
});

/** The pressure rises while an upstream is about to answer by a redirection that is followed. */
const shedsRedirected = (point: string): ConformanceCase => ({
  title: `what becomes of a request that an internal redirect begins anew under pressure, by ${point}`,
  files: { pressure: "0.1" },
  yaml: httpBootstrap({
    hcm: LOG,
    bootstrap: shedding(point),
    routes: `- { match: { path: "/from" }, route: { cluster: one, internal_redirect_policy: {} } }
- { match: { prefix: "/" }, route: { cluster: two } }`,
  }),
  observe: async (target) => {
    let answer = (): void => {};
    const after = new Promise<void>((resolve) => {
      answer = resolve;
    });
    target.upstream.reply({ status: 302, headers: [["location", "http://example.test/to"]], after });
    const sent = target.send({ path: "/from" });
    await waitFor("the request", () => target.upstream.requests.length === 1);
    await pressPoint(target, "0.9", point);
    answer();
    const response = await sent;
    await pressPoint(target, "0.1", point);
    return response;
  },
  accessLog: { file: "access.log", lines: 2 },
  stats: [
    shed(point),
    "http.main.rq_overload_local_reply",
    "http.main.downstream_rq_overload_close",
    "cluster.one.upstream_internal_redirect_succeeded_total",
    "cluster.two.upstream_rq_total",
  ],
});

export const OVERLOAD_POINT_CASES: readonly ConformanceCase[] = [
  goesAway([AWAY], 1),
  goesAway([CLOSE], 1),
  goesAway([AWAY, CLOSE], 1),
  shedsRedirected("http_downstream_filter_check"),
  shedsRedirected("http_connection_manager_decode_headers"),
  {
    title: "no upstream connection is opened under pressure, but those that stand are used",
    files: { pressure: "0.9" },
    yaml: httpBootstrap({
      hcm: LOG,
      bootstrap: shedding(CONNECT),
      routes: `- { match: { path: "/retry" }, route: { cluster: one, retry_policy: { retry_on: "connect-failure,reset,5xx", num_retries: 2 } } }
- { match: { prefix: "/" }, route: { cluster: one } }`,
    }),
    observe: async (target) => {
      await pressPoint(target, "0.9", CONNECT);
      const refused = await target.send({ path: "/refused" });
      const retried = await target.send({ path: "/retry" });
      await pressPoint(target, "0.1", CONNECT);
      const opened = await target.send({ path: "/opened" });
      await pressPoint(target, "0.9", CONNECT);
      return [refused, retried, opened, await target.send({ path: "/kept" })];
    },
    accessLog: { file: "access.log", lines: 4 },
    stats: [
      shed(CONNECT),
      "cluster.one.upstream_cx_total",
      "cluster.one.upstream_cx_overflow",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_retry",
      "cluster.one.upstream_rq_503",
      "cluster.one.upstream_rq_pending_total",
      "cluster.one.upstream_rq_pending_overflow",
      "cluster.one.upstream_rq_pending_failure_eject",
      "cluster.one.upstream_rq_pending_active",
      "cluster.one.upstream_rq_cancelled",
      "cluster.one.upstream_cx_connect_fail",
    ],
  },
  {
    title: "a TCP session whose upstream connection is shed ends",
    files: { pressure: "0.9" },
    tcp: (socket) => socket.end("hello"),
    yaml: `${tcpBootstrap([{ name: "main" }], "%RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %BYTES_SENT%")}
${shedding(CONNECT)}
`,
    observe: async (target) => {
      await pressPoint(target, "0.9", CONNECT);
      const refused = await session(target.port);
      await pressPoint(target, "0.1", CONNECT);
      return [refused, await session(target.port)];
    },
    accessLog: { file: "access.log", lines: 2 },
    stats: [
      shed(CONNECT),
      "tcp.main.downstream_cx_total",
      "cluster.one.upstream_cx_total",
      "cluster.one.upstream_cx_overflow",
      "cluster.one.upstream_cx_connect_fail",
      "cluster.one.upstream_cx_connect_attempts_exceeded",
      "cluster.one.upstream_rq_total",
      "cluster.one.upstream_rq_pending_total",
      "cluster.one.upstream_rq_pending_overflow",
      "cluster.one.upstream_rq_pending_failure_eject",
      "cluster.one.upstream_rq_cancelled",
    ],
  },
];
