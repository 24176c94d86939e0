import { createServer, type ServerHttp2Stream } from "node:http2";
import { RawHttp2Client, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, OVER_HTTP2, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { exchanges } from "../exchange.ts";
import { http2Exchanges } from "../http2-exchange.ts";

/** What the upstream saw of one stream. */
interface SeenStream {
  readonly head: Readonly<Record<string, unknown>>;
  body: string;
  trailers: boolean;
  /** Code with which the stream ended. */
  code: number | undefined;
}

const seen: SeenStream[] = [];
const MASKED = new Set(["x-request-id", "x-envoy-expected-rq-timeout-ms"]);

const server = createServer();
server.on("session", (session) => session.on("error", () => {}));
server.on("stream", (stream: ServerHttp2Stream, headers) => {
  const head = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !MASKED.has(name))
      .map(([name, value]) => [name, String(value).replace(/:\d+$/, ":<port>")])
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
  const own: SeenStream = { head, body: "", trailers: false, code: undefined };
  seen.push(own);
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    own.body += chunk.toString("latin1");
  });
  stream.on("trailers", () => {
    own.trailers = true;
  });
  stream.on("close", () => {
    own.code = stream.rstCode;
  });
  answer(stream, headers[":path"] ?? "", headers[":method"] === "HEAD");
});

function answer(stream: ServerHttp2Stream, path: string, toHead: boolean): void {
  const code = /^\/reset\/(\d+)/.exec(path)?.[1];
  if (code !== undefined) {
    stream.close(Number(code));
  } else if (path === "/cut") {
    stream.respond({ ":status": 200 });
    stream.write("some", () => stream.close(2));
  } else if (path === "/trailers") {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "t" }));
    stream.end("body");
  } else if (path === "/early") {
    stream.additionalHeaders({ ":status": 103, link: "</a>" });
    stream.respond({ ":status": 200 });
    stream.end("hinted");
  } else if (path !== "/never") {
    stream.resume();
    stream.on("end", () => {
      stream.respond({ ":status": 200, "x-from": "h2" });
      stream.end(toHead ? undefined : "answer");
    });
  }
}

const YAML = httpBootstrap({
  routes: `- { match: { prefix: "/retry/" }, route: { cluster: h2, prefix_rewrite: "/", retry_policy: { retry_on: reset, num_retries: 1 } } }
- { match: { prefix: "/slow/" }, route: { cluster: h2, prefix_rewrite: "/", timeout: 0.2s } }
- { match: { prefix: "/" }, route: { cluster: h2 } }`,
  hcm: `delayed_close_timeout: 0.1s
access_log: ${fileLog("%PROTOCOL% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%")}`,
  clusters: staticCluster("h2", ["{{tcp}}"], OVER_HTTP2),
});

const HTTP1 = (line: string, more = "") => `${line} HTTP/1.1\r\nhost: example.test\r\n${more}\r\n`;

export const HTTP2_RESET_CASES: readonly ConformanceCase[] = [
  {
    title: "an HTTP/2 upstream gets what HTTP/1 and HTTP/2 clients send, and its resets are told apart",
    yaml: YAML,
    tcp: (socket) => void server.emit("connection", socket),
    observe: async (target) => {
      seen.length = 0;
      const http1 = await exchanges(target, {
        get: HTTP1("GET /a"),
        head: HTTP1("HEAD /h", "connection: close\r\n"),
        post: `${HTTP1("POST /b", "content-length: 5\r\n")}hello`,
        chunked: `${HTTP1("POST /c", "transfer-encoding: chunked\r\n")}5\r\nhello\r\n0\r\n\r\n`,
        trailers: HTTP1("GET /trailers"),
        refused: HTTP1("GET /reset/7"),
        reset: HTTP1("GET /reset/2"),
        retried: HTTP1("GET /retry/reset/7"),
      });
      const http2 = await http2Exchanges(target, {
        get: (c) => c.request(1, "/a"),
        trailers: (c) => c.request(1, "/trailers"),
        requestTrailers: (c) => {
          c.request(1, "/b", [], { method: "POST", endStream: false });
          c.data(1, "hello", false);
          c.headers(1, [["x-end", "q"]]);
        },
        cancelled: (c) => c.request(1, "/reset/8"),
        refused: (c) => c.request(1, "/reset/7"),
        cut: (c) => c.request(1, "/cut"),
        timeout: (c) => c.request(1, "/slow/never"),
      });
      const client = await RawHttp2Client.connect(target.port);
      try {
        const before = seen.length;
        client.request(1, "/never");
        await waitFor("the upstream", () => seen.length > before);
        client.reset(1, 8);
        await waitFor("its end", () => seen.at(-1)?.code !== undefined);
      } finally {
        client.destroy();
      }
      await waitFor("all to end", () => seen.every(({ code }) => code !== undefined));
      return { http1, http2, seen: structuredClone(seen) };
    },
    accessLog: { file: "access.log", lines: 23 },
    stats: [
      "cluster.h2.upstream_cx_http2_total",
      "cluster.h2.upstream_rq_total",
      "cluster.h2.upstream_rq_rx_reset",
      "cluster.h2.upstream_rq_tx_reset",
      "cluster.h2.upstream_rq_retry",
      "cluster.h2.http2.rx_reset",
      "cluster.h2.http2.tx_reset",
      "cluster.h2.http2.trailers",
    ],
  },
];
