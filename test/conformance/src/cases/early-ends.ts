import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connectRaw, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { listenersBootstrap } from "../many-listeners.ts";

const LOG = `access_log: ${fileLog("%REQ(:path)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_SENT%")}
upgrade_configs: [{ upgrade_type: websocket }]`;

/** What the upstream answers before it closes, by the request's path. */
const ANSWERS: Readonly<Record<string, string>> = {
  "/length": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
  "/chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
  "/last-chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
  "/close": "HTTP/1.1 200 OK\r\n\r\nabc",
  "/head": "HTTP/1.1 200 OK\r\ncontent-le",
  "/nothing": "",
  "/interim": "HTTP/1.1 100 Continue\r\n\r\n",
  "/upgrade-200": "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 3\r\n\r\nabc",
  "/upgrade-403": "HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\nx-a: 1\r\n\r\nabc",
  "/upgrade-500": "HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
};
const UPGRADE: [string, string][] = [
  ["connection", "upgrade"],
  ["upgrade", "websocket"],
];

const HANDSHAKE = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";

const WHOLE = "GET /whole HTTP/1.1\r\nhost: a\r\n\r\n";
/** What a client has sent when it leaves. */
const BEGUN = [
  "",
  "G",
  "GET / HTTP/1.1\r\n",
  "GET / HTTP/1.1\r\nhost: a",
  "POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab",
  WHOLE,
  `${WHOLE}GET /2 HTTP/1.1\r\nho`,
];

/** What an upstream does behind its handshake, by the request's path. */
const TUNNELS: Readonly<Record<string, (socket: Socket) => void>> = {
  "/end": (socket) => socket.end(`${HANDSHAKE}bye`),
  "/end-at-once": (socket) => socket.end(HANDSHAKE),
  "/end-later": (socket) => {
    socket.write(`${HANDSHAKE}hi`);
    setTimeout(() => socket.end("bye"), 200);
  },
  "/reset": (socket) => {
    socket.write(`${HANDSHAKE}bye`, () => setTimeout(() => socket.resetAndDestroy(), 200));
  },
  "/echo": (socket) => {
    socket.write(HANDSHAKE);
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("end", () => socket.end());
  },
  "/echo-once": (socket) => {
    socket.write(HANDSHAKE);
    socket.on("data", () => socket.end("done"));
  },
};

/** Heads that never end, and what is already through before them. */
const UNENDED = ["GET / HTTP/1.1\r\nhost: a\r\n", "P", "PRI * H", "", `${WHOLE}GET /2 HT`];

export const EARLY_END_CASES: readonly ConformanceCase[] = [
  {
    title: "upstreams that close within a response, and those that do not take an upgrade",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: "/" }, route: { cluster: raw } }`,
      clusters: staticCluster("raw", ["{{tcp}}"]),
    }),
    tcp: (socket) => {
      socket.once("data", (chunk) => socket.end(ANSWERS[chunk.toString("latin1").split(" ")[1] ?? ""] ?? ""));
    },
    requests: Object.keys(ANSWERS).map((path) => ({
      path,
      headers: path.startsWith("/upgrade") ? UPGRADE : [],
    })),
    stats: [
      "cluster.raw.upstream_cx_protocol_error",
      "cluster.raw.upstream_rq_rx_reset",
      "cluster.raw.upstream_cx_destroy_remote_with_active_rq",
      "cluster.raw.upstream_cx_destroy_local_with_active_rq",
      "cluster.raw.upstream_cx_destroy_with_active_rq",
      "cluster.raw.upstream_rq_200",
      "cluster.raw.upstream_rq_5xx",
      "cluster.raw.upstream_rq_completed",
      "cluster.raw.upstream_rq_total",
      "http.main.downstream_rq_2xx",
    ],
    accessLog: { file: "access.log", lines: Object.keys(ANSWERS).length },
  },
  {
    title: "a request counts and is logged however little of it has come when its client leaves",
    ignoreUpstream: true,
    yaml: httpBootstrap({ hcm: LOG }),
    observe: async ({ proxy, connect }) => {
      const become = async (name: string, value: number): Promise<void> => {
        await waitFor(`${name} to be ${value}`, async () => (await proxy.stats(name)).get(name) === value);
      };
      let sent = 0;
      for (const leave of ["end", "reset"] as const) {
        for (const begun of BEGUN) {
          const client = await connect();
          client.write(begun);
          sent += begun.length;
          await become("http.main.downstream_cx_rx_bytes_total", sent);
          if (begun.startsWith(WHOLE)) await client.response();
          client[leave]();
          await become("http.main.downstream_cx_active", 0);
          client.destroy();
        }
      }
      return null;
    },
    stats: [
      ...["total", "rx_reset", "tx_reset", "completed", "2xx", "active"].map(
        (name) => `downstream_rq_${name}`,
      ),
      ...["destroy", "destroy_remote", "destroy_active_rq", "destroy_remote_active_rq"].map(
        (name) => `downstream_cx_${name}`,
      ),
      "downstream_cx_protocol_error",
    ].map((name) => `http.main.${name}`),
    accessLog: { file: "access.log", lines: 14 },
  },
  {
    title: "an upstream or a client that leaves a tunnel cuts it",
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: "/" }, route: { cluster: raw } }`,
      clusters: staticCluster("raw", ["{{tcp}}"]),
    }),
    tcp: (socket) => {
      socket.once("data", (chunk) => TUNNELS[chunk.toString("latin1").split(" ")[1] ?? ""]?.(socket));
    },
    observe: async ({ connect }) => {
      const seen: Record<string, unknown> = {};
      for (const [path, leave] of [
        ...Object.keys(TUNNELS).map((each) => [each, "end"] as const),
        ["/echo", "reset"] as const,
      ]) {
        const client = await connect();
        client.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
        const { status } = await client.response();
        if (path.startsWith("/echo")) {
          client.write("ping");
          await wait(100);
          if (path === "/echo") client[leave]();
        }
        const rest = leave === "reset" ? "" : (await client.closed()).toString("latin1");
        seen[`${path} ${leave}`] = [status, rest];
        client.destroy();
        await wait(100);
      }
      return seen;
    },
    stats: [
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_tx_reset",
      "http.main.downstream_cx_upgrades_active",
      "cluster.raw.upstream_rq_rx_reset",
      "cluster.raw.upstream_cx_destroy_remote_with_active_rq",
    ],
    accessLog: { file: "access.log", lines: Object.keys(TUNNELS).length + 1 },
  },
  {
    title: "a head that does not end is under a request's limits from its first octet on",
    yaml: listenersBootstrap(
      Object.fromEntries(
        Object.entries({
          main: "request_timeout: 0.3s",
          idle: "stream_idle_timeout: 0.3s",
          lasting: "common_http_protocol_options: { max_stream_duration: 0.3s }",
          head: "request_headers_timeout: 0.3s\nrequest_timeout: 5s",
        }).map(([name, limit]) => [name, { hcm: `${limit}\ndelayed_close_timeout: 0.1s\n${LOG}` }]),
      ),
    ),
    ignoreUpstream: true,
    observe: async ({ proxy }) => {
      const seen: Record<string, unknown> = {};
      for (const name of ["main", "idle", "lasting", "head"]) {
        const port = await proxy.listenerPort(name);
        for (const begun of UNENDED) {
          const client = await connectRaw(port);
          client.write(begun);
          if (begun.startsWith(WHOLE)) await client.response();
          const answer = client.response().then(
            ({ status, text, header }) => [status, text, header("connection")],
            (error: unknown) => String(error),
          );
          seen[`${name} ${begun}`] = await Promise.race([answer, wait(900, "nothing")]);
          client.destroy();
          await wait(50);
        }
      }
      return seen;
    },
    stats: ["main", "idle", "lasting", "head"].flatMap((name) =>
      [
        "downstream_rq_total",
        "downstream_rq_timeout",
        "downstream_rq_idle_timeout",
        "downstream_rq_max_duration_reached",
        "downstream_rq_header_timeout",
        "downstream_rq_4xx",
      ].map((stat) => `http.${name}.${stat}`),
    ),
    accessLog: { file: "access.log", lines: 20 },
  },
];
