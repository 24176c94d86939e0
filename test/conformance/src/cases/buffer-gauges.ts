import { connect, type Socket } from "node:net";
import { RawHttp2Client, waitFor } from "@sluice/harness";
import { httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { readLagging } from "../read-lagging.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";

/** More than kernels and windows hold. */
const BIG = 16 * 1024 * 1024;
/** Of it waits at least so much at a proxy whose buffers are of 1 MiB. */
const WAITING = 512 * 1024;

/** Waits for it to be that, and says so: the difference is for the comparison to tell. */
async function becomes(target: Target, name: string, what: (value: number) => boolean): Promise<boolean> {
  const read = async (): Promise<number> => (await target.proxy.stats(name)).get(name) ?? Number.NaN;
  return what((await readLagging(read, what, { deadlineMs: 5_000 })) ?? Number.NaN);
}

const waits = (target: Target, name: string): Promise<boolean> =>
  becomes(target, name, (value) => value >= WAITING);
const rests = (target: Target, name: string): Promise<boolean> =>
  becomes(target, name, (value) => value === 0);

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

/** Upstreams that take nothing, or nothing more. */
const deaf = new Set<Socket>();

function turnDeaf(socket: Socket): void {
  socket.pause();
  deaf.add(socket);
  socket.on("close", () => deaf.delete(socket));
}

/** Kernels take connections, and what fits into their buffers, before the upstream hears of them. */
async function endDeaf(): Promise<void> {
  await waitFor("the upstream's connection", () => deaf.size > 0);
  for (const socket of deaf) socket.destroy();
  deaf.clear();
}

export const BUFFER_GAUGE_CASES: readonly ConformanceCase[] = [
  {
    title: "gauges tell of HTTP's last reads, and of what clients and upstreams do not take",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: /sink }, route: { cluster: sink, timeout: 0s } }
- { match: { prefix: / }, route: { cluster: one, timeout: 0s } }`,
      clusters: staticCluster("sink", ["{{tcp}}"]),
    }),
    reply: ({ target }) => ({ body: target === "/big" ? "x".repeat(BIG) : "one" }),
    tcp: turnDeaf,
    ignoreUpstream: true,
    observe: async (target) => {
      const [rx, tx] = ["rx", "tx"].map((way) => `http.main.downstream_cx_${way}_bytes_buffered`) as [
        string,
        string,
      ];
      const client = await target.connect();
      client.write(get("/"));
      await client.response();
      const read = await becomes(target, rx, (value) => value === get("/").length);
      client.destroy();
      const gone = await rests(target, rx);
      const reader = connect(target.port, "127.0.0.1");
      reader.write(get("/big"));
      const slow = await waits(target, tx);
      reader.resume();
      const taken = await rests(target, tx);
      reader.destroy();
      const writer = connect(target.port, "127.0.0.1");
      writer.write(`POST /sink HTTP/1.1\r\nhost: a\r\ncontent-length: ${BIG}\r\n\r\n${"x".repeat(BIG)}`);
      const upstream = await waits(target, "cluster.sink.upstream_cx_tx_bytes_buffered");
      await endDeaf();
      const left = await rests(target, "cluster.sink.upstream_cx_tx_bytes_buffered");
      writer.destroy();
      const http2 = await RawHttp2Client.connect(target.port, { windowUpdates: false });
      http2.request(1, "/big");
      const windowed = await waits(target, "http2.pending_send_bytes");
      http2.reset(1, 8);
      const reset = await rests(target, "http2.pending_send_bytes");
      http2.destroy();
      return { read, gone, slow, taken, upstream, left, windowed, reset };
    },
  },
  {
    title: "gauges tell of TCP's last reads, and of what clients and upstreams do not take",
    yaml: tcpBootstrap([{ name: "main" }], "%BYTES_SENT%"),
    tcp: (socket) =>
      void socket.once("data", (first) => {
        turnDeaf(socket);
        if (String(first) === "send") socket.write("x".repeat(BIG));
      }),
    ignoreUpstream: true,
    observe: async (target) => {
      const giving = await target.connect();
      giving.socket.pause();
      giving.write("send");
      const read = await becomes(target, "tcp.main.downstream_cx_rx_bytes_buffered", (value) => value === 4);
      const slow = await waits(target, "tcp.main.downstream_cx_tx_bytes_buffered");
      giving.destroy();
      const left = await rests(target, "tcp.main.downstream_cx_tx_bytes_buffered");
      const taking = await target.connect();
      taking.write("take");
      await waitFor(
        "the session",
        async () => (await target.proxy.stats("cluster.one")).get("cluster.one.upstream_rq_active") === 1,
      );
      taking.write("x".repeat(BIG));
      const upstream = await waits(target, "cluster.one.upstream_cx_tx_bytes_buffered");
      await endDeaf();
      const ended = await rests(target, "cluster.one.upstream_cx_tx_bytes_buffered");
      taking.destroy();
      const gone = await rests(target, "tcp.main.downstream_cx_rx_bytes_buffered");
      return { read, slow, left, upstream, ended, gone };
    },
  },
];
