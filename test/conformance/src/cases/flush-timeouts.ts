import { connect } from "node:http2";
import { fileLog } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { type ListenerParts, listenersBootstrap } from "../many-listeners.ts";

const route = (fields: string) => `- { match: { prefix: "/" }, route: { cluster: one, ${fields} } }`;
const SHORT = "0.4s";
const LONG = "600s";

/** A response that the client does not take ends after a timeout of these. */
const LISTENERS: Readonly<Record<string, ListenerParts>> = {
  main: { hcm: `stream_flush_timeout: ${SHORT}` },
  idle: { hcm: `stream_idle_timeout: ${SHORT}` },
  "idle-flush": { hcm: `stream_idle_timeout: ${SHORT}\nstream_flush_timeout: ${LONG}` },
  route: { hcm: `stream_flush_timeout: ${LONG}`, routes: route(`flush_timeout: ${SHORT}`) },
  "route-longer": { hcm: `stream_flush_timeout: ${SHORT}`, routes: route(`flush_timeout: ${LONG}`) },
  "route-none": { hcm: `stream_flush_timeout: ${SHORT}`, routes: route("flush_timeout: 0s") },
  "route-idle": { routes: route(`idle_timeout: ${SHORT}`) },
  "route-idle-none": { hcm: `stream_idle_timeout: ${SHORT}`, routes: route("idle_timeout: 0s") },
  "route-idle-flush": { hcm: `stream_flush_timeout: ${LONG}`, routes: route(`idle_timeout: ${SHORT}`) },
  "route-both": { routes: route(`idle_timeout: ${SHORT}, flush_timeout: ${LONG}`) },
};

const LOG = `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %BYTES_SENT%")}`;

const STATS = [
  "downstream_rq_idle_timeout",
  "downstream_rq_tx_reset",
  "downstream_rq_rx_reset",
  "downstream_rq_2xx",
  "downstream_rq_active",
].map((name) => `http.main.${name}`);

/** How a stream ends within 2 s whose response is larger than its window, which is never opened. */
function unread(port: number): Promise<string> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": "/" });
    const giveUp = setTimeout(() => done("stays"), 2_000);
    const done = (how: string): void => {
      clearTimeout(giveUp);
      session.destroy();
      resolve(how);
    };
    session.on("error", () => {});
    stream.on("error", () => {});
    stream.on("close", () => done(`reset ${stream.rstCode}`));
  });
}

export const FLUSH_TIMEOUT_CASES: readonly ConformanceCase[] = [
  {
    title:
      "a response that is not taken ends by its flush timeout: the route's, the connection manager's or the idle one",
    yaml: listenersBootstrap(
      Object.fromEntries(
        Object.entries(LISTENERS).map(([name, { hcm = "", ...rest }]) => [
          name,
          { ...rest, hcm: `${hcm}\n${name === "main" ? LOG : ""}` },
        ]),
      ),
    ),
    reply: { body: "x".repeat(200_000) },
    ignoreUpstream: true,
    observe: async ({ proxy }) => {
      const names = Object.keys(LISTENERS);
      const ends = await Promise.all(names.map(async (name) => unread(await proxy.listenerPort(name))));
      return Object.fromEntries(names.map((name, i) => [name, ends[i]]));
    },
    accessLog: { file: "access.log", lines: 1 },
    stats: [...STATS, "http2.tx_flush_timeout", "http2.tx_reset", "http2.rx_reset"],
  },
];
