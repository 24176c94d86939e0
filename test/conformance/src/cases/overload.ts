import { connect } from "node:net";
import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import {
  ABOVE_HALF,
  action,
  INJECTED,
  MONITORS,
  overloaded,
  press,
  pressPoint,
  shedding as shedsAt,
  shows,
} from "../overload-pressure.ts";

const stat = (name: string): string => `overload.envoy.overload_actions.${name}.active`;

/** What a request on a connection of its own gets: its status and the answer's `connection` field. */
async function ask(target: Target, request: CaseRequest): Promise<unknown> {
  const response = await target.send(request);
  const connection = response.fields.find(([name]) => name === "connection")?.[1] ?? "";
  return { status: response.status, body: response.body, connection, fields: response.fields };
}

/** Whether the proxy leaves a connection open that says nothing. */
function staysOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(true);
    }, 500);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

/** `lines`: of the access log. */
const shedding = (point: string, lines: number): ConformanceCase => ({
  title: `load is shed at ${point}, until the pressure falls`,
  files: { pressure: "0.9" },
  yaml: httpBootstrap({
    listener: "stat_prefix: main",
    hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %REQ(:PATH)% %PROTOCOL%")}
`,
    bootstrap: shedsAt(point),
  }),
  observe: async (target) => {
    await pressPoint(target, "0.9", point);
    const under = await ask(target, { path: "/under" }).catch(() => "no answer");
    await pressPoint(target, "0.2", point);
    return [under, await ask(target, { path: "/behind" })];
  },
  accessLog: { file: "access.log", lines },
  stats: [
    `overload.envoy.load_shed_points.${point}.shed_load_count`,
    "http.main.downstream_rq_overload_close",
    "http.main.downstream_rq_total",
    "http.main.downstream_cx_total",
    "http.main.downstream_cx_overload_disable_keepalive",
    "http.main.downstream_cx_protocol_error",
    "listener.main.downstream_cx_overload_reject",
  ],
});

export const OVERLOAD_CASES: readonly ConformanceCase[] = [
  {
    title: "an overloaded proxy accepts no requests, until the pressure falls",
    files: { pressure: "0.9" },
    yaml: httpBootstrap({ bootstrap: overloaded(action("stop_accepting_requests", ABOVE_HALF)) }),
    observe: async (target) => {
      await shows(target, "stop_accepting_requests.active", 1);
      const under = await ask(target, { path: "/" });
      await press(target, "0.2");
      await shows(target, "stop_accepting_requests.active", 0);
      return [under, await ask(target, { path: "/" })];
    },
    stats: [
      "http.main.downstream_rq_overload_close",
      stat("stop_accepting_requests"),
      "overload.envoy.overload_actions.stop_accepting_requests.scale_percent",
      `overload.${INJECTED}.pressure`,
      `overload.${INJECTED}.failed_updates`,
    ],
  },
  {
    title: "an overloaded proxy names itself where it is to",
    files: { pressure: "1" },
    yaml: httpBootstrap({
      hcm: `append_local_overload: true
access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %REQ(:PATH)% %PROTOCOL%")}`,
      bootstrap: overloaded(action("stop_accepting_requests", ABOVE_HALF)),
    }),
    observe: async (target) => {
      await shows(target, "stop_accepting_requests.active", 1);
      return ask(target, { path: "/" });
    },
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "a listener may bypass the overload manager",
    files: { pressure: "1" },
    yaml: httpBootstrap({
      listener: "bypass_overload_manager: true",
      bootstrap: overloaded(
        [
          action("stop_accepting_requests", ABOVE_HALF),
          action("disable_http_keepalive", ABOVE_HALF),
          action("reject_incoming_connections", ABOVE_HALF),
        ].join("\n"),
      ),
    }),
    observe: async (target) => {
      await shows(target, "stop_accepting_requests.active", 1);
      return ask(target, { path: "/" });
    },
    stats: ["http.main.downstream_rq_overload_close", "http.main.downstream_cx_overload_disable_keepalive"],
  },
  {
    title: "an overloaded proxy keeps no HTTP/1 connection alive",
    files: { pressure: "0.6" },
    yaml: httpBootstrap({ bootstrap: overloaded(action("disable_http_keepalive", ABOVE_HALF)) }),
    observe: async (target) => {
      await shows(target, "disable_http_keepalive.active", 1);
      const under = await ask(target, { path: "/" });
      await press(target, "0.4");
      await shows(target, "disable_http_keepalive.active", 0);
      return [under, await ask(target, { path: "/" })];
    },
    stats: [
      "http.main.downstream_cx_overload_disable_keepalive",
      "http.main.downstream_cx_drain_close",
      stat("disable_http_keepalive"),
    ],
  },
  {
    title: "an overloaded proxy rejects connections",
    files: { pressure: "1" },
    yaml: httpBootstrap({
      listener: "stat_prefix: main",
      bootstrap: overloaded(action("reject_incoming_connections", ABOVE_HALF)),
    }),
    observe: async (target) => {
      await shows(target, "reject_incoming_connections.active", 1);
      const under = await staysOpen(target.port);
      await press(target, "0");
      await shows(target, "reject_incoming_connections.active", 0);
      return [under, await staysOpen(target.port)];
    },
    stats: ["listener.main.downstream_cx_overload_reject", "listener.main.downstream_cx_total"],
  },
  {
    title: "a scaled trigger says how far an action has gone",
    files: { pressure: "0.75" },
    yaml: httpBootstrap({
      bootstrap: overloaded(
        [
          action("disable_http_keepalive", "scaled: { scaling_threshold: 0.5, saturation_threshold: 1 }"),
          action("stop_accepting_requests", "scaled: { scaling_threshold: 0.75, saturation_threshold: 0.8 }"),
        ].join("\n"),
      ),
    }),
    observe: (target) => shows(target, "disable_http_keepalive.scale_percent", 50),
    stats: [
      stat("disable_http_keepalive"),
      stat("stop_accepting_requests"),
      "overload.envoy.overload_actions.stop_accepting_requests.scale_percent",
      `overload.${INJECTED}.pressure`,
    ],
  },
  {
    title: "the overload manager limits all connections together",
    yaml: httpBootstrap({
      listener: "stat_prefix: main",
      bootstrap: `overload_manager:
  resource_monitors:
    - name: envoy.resource_monitors.global_downstream_max_connections
      typed_config: { "@type": ${MONITORS}.downstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 2 }`,
    }),
    observe: async (target) => {
      const held = [await target.connect(), await target.connect()];
      await waitFor(
        "two connections",
        async () => (await target.proxy.stats()).get("listener.main.downstream_cx_active") === 2,
        { deadlineMs: 20_000, intervalMs: 50 },
      );
      const third = await staysOpen(target.port);
      for (const each of held) each.destroy();
      return third;
    },
    stats: ["listener.main.downstream_global_cx_overflow", "listener.main.downstream_cx_total"],
  },
  shedding("tcp_listener_accept", 1),
  shedding("http_connection_manager_decode_headers", 2),
  shedding("hcm_ondata_creating_codec", 1),
  shedding("http_downstream_filter_check", 2),
  shedding("http1_server_abort_dispatch", 2),
];
