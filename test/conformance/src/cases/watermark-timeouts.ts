import { connect, type Socket } from "node:net";
import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const LOG = `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %CONNECTION_TERMINATION_DETAILS% %REQ(:PATH)%")}
`;
const LIMITS = `per_connection_buffer_limit_bytes: 16384
per_connection_buffer_high_watermark_timeout: 0.3s`;

/** A client that sends this and reads nothing; how its connection ended. */
function stuck(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.pause();
    // Only writing shows that the other side has gone.
    const timer = setInterval(() => socket.write("x"), 100);
    const end = (how: string): void => {
      clearInterval(timer);
      socket.destroy();
      resolve(how);
    };
    socket.on("error", () => end("error"));
    socket.on("close", () => end("closed"));
  });
}

const LARGE = 20_000_000;

export const WATERMARK_TIMEOUT_CASES: readonly ConformanceCase[] = [
  {
    title: "a listener whose limit is 0 takes a whole response, whoever does not read it",
    reply: { body: "x".repeat(LARGE) },
    ignoreUpstream: true,
    yaml: httpBootstrap({ listener: "per_connection_buffer_limit_bytes: 0" }),
    observe: async ({ proxy, connect: open }) => {
      const client = await open();
      client.socket.pause();
      client.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n");
      const read = "cluster.one.upstream_cx_rx_bytes_total";
      await waitFor("all of it", async () => ((await proxy.stats(read)).get(read) ?? 0) > LARGE);
      client.destroy();
      return null;
    },
    stats: ["cluster.one.upstream_flow_control_paused_reading_total"],
  },
  {
    title: "a client that does not read for too long loses its connection",
    reply: { body: "x".repeat(LARGE) },
    ignoreUpstream: true,
    yaml: httpBootstrap({ listener: `stat_prefix: main\n${LIMITS}`, hcm: LOG }),
    observe: (target) => stuck(target.port, "GET /large HTTP/1.1\r\nhost: example.test\r\n\r\n"),
    accessLog: { file: "access.log", lines: 1 },
    stats: [
      "http.main.downstream_cx_destroy_local",
      "http.main.downstream_cx_destroy_remote",
      "http.main.downstream_cx_destroy_local_active_rq",
      "http.main.downstream_cx_destroy_remote_active_rq",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_tx_reset",
      "listener.main.downstream_cx_destroy",
    ],
  },
  {
    title: "an upstream that does not read for too long loses its connection",
    tcp: (socket) => socket.pause(),
    ignoreUpstream: true,
    yaml: httpBootstrap({
      hcm: LOG,
      clusters: staticCluster("deaf", ["{{tcp}}"], LIMITS),
      routes: '- { match: { prefix: "/" }, route: { cluster: deaf } }',
    }),
    observe: async (target) => {
      const connection = await target.connect();
      connection.write("POST /large HTTP/1.1\r\nhost: example.test\r\ncontent-length: 20000000\r\n\r\n");
      connection.write(Buffer.alloc(20_000_000));
      const { status, text } = await connection.response();
      connection.destroy();
      return { status, text };
    },
    accessLog: { file: "access.log", lines: 1 },
    stats: [
      "cluster.deaf.upstream_cx_destroy_local",
      "cluster.deaf.upstream_cx_destroy_local_with_active_rq",
      "cluster.deaf.upstream_cx_destroy_with_active_rq",
      "cluster.deaf.upstream_rq_rx_reset",
      "cluster.deaf.upstream_rq_tx_reset",
      "cluster.deaf.upstream_cx_total",
    ],
  },
];
