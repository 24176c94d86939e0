import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { headerBlock, requestFields } from "@sluice/harness";
import { httpBootstrap, OVER_HTTP2, staticCluster, WITH_TRAILERS } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { http1TunnelPeer } from "../http1-tunnel-peer.ts";
import { http2Exchanges } from "../http2-exchange.ts";
import { http2TunnelPeer } from "../http2-tunnel-peer.ts";
import { logLines } from "../log-lines.ts";
import { tcpBootstrap } from "../tcp-bootstrap.ts";
import { session, sessions } from "../tcp-session.ts";

const meters = (side: string, way: string): string =>
  `%${side}_WIRE_BYTES_${way}%/%${side}_HEADER_BYTES_${way}%/%${side}_DECOMPRESSED_HEADER_BYTES_${way}%`;

/** Wire, header and decompressed header bytes, by side and way. */
const FORMAT = `down ${meters("DOWNSTREAM", "RECEIVED")} ${meters("DOWNSTREAM", "SENT")} up ${meters("UPSTREAM", "SENT")} ${meters("UPSTREAM", "RECEIVED")}`;
// How much of a body had gone to the client when a try ended depends on how it came: Envoy hears of its end by itself.
const TRY_FORMAT = `try down ${meters("DOWNSTREAM", "RECEIVED")} up ${meters("UPSTREAM", "SENT")} ${meters("UPSTREAM", "RECEIVED")}`;
// What is sent depends on how each proxy codes header blocks and cuts bodies into frames.
const HTTP2_FORMAT = `down ${meters("DOWNSTREAM", "RECEIVED")} %DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT% up %UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT% ${meters("UPSTREAM", "RECEIVED")}`;

function log(format: string, file = "access.log"): string {
  return `
- name: file
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
    path: "{{dir}}/${file}"
    log_format: { text_format_source: { inline_string: "%REQ(:method)% %REQ(:path)% %RESPONSE_CODE% ${format}\\n" } }`;
}

// What the proxy adds is of one length in every run but for how long the upstream took, which is left out.
function router(format: string): string {
  return `
- name: envoy.filters.http.router
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
    suppress_envoy_headers: true
    upstream_log: ${log(format, "tries.log").replaceAll("\n", "\n    ")}`;
}

const HCM = `
http_protocol_options: { enable_trailers: true }
upgrade_configs: [{ upgrade_type: websocket }]`;

/** What the upstream answers, by the request's path. */
const ANSWERS: Readonly<Record<string, string>> = {
  "/length": "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX-A:  padded \r\n\r\nabc",
  "/chunks": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  "/trailers": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-end: 12\r\n\r\n",
  "/empty": "HTTP/1.1 204 No Content\r\n\r\n",
  "/interim": "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  "/close": "HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\nabc",
  "/upgrade": "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello",
  "/redirected": "HTTP/1.1 302 Found\r\nlocation: http://example.test/length\r\ncontent-length: 0\r\n\r\n",
  "/retried": "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy",
  "/short": "HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nabc",
  "/rubbish": "SSH-2.0-x\r\n\r\n",
};

/** One that stays what it is: a compressed block is longer where it holds a new one. */
const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";

const server = createServer({ settings: { enableConnectProtocol: true } });
server.on("sessionError", () => {});
server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  const path = String(headers[":path"]);
  stream.on("error", () => {});
  stream.resume();
  if (path === "/silent" || path === "/left") return;
  if (path === "/reset") return stream.close(constants.NGHTTP2_CANCEL);
  if (path === "/retried") return stream.respond({ ":status": 503, date: DATE }, { endStream: true });
  if (path === "/interim") stream.additionalHeaders({ ":status": 103, link: "a" });
  stream.respond({ ":status": 200, "x-a": "1", date: DATE }, { waitForTrailers: path === "/trailers" });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "12" }));
  stream.end(headers[":method"] === "HEAD" ? undefined : "hello");
});

const http2Peer = (socket: Socket): void => {
  socket.on("error", () => {});
  server.emit("connection", socket);
};

/** What the router's log says of tries: when each is over and when its request depends on how messages end. */
const tries = ({ proxy }: Target, lines: number): Promise<readonly string[]> =>
  logLines(proxy, "tries.log", lines);

/** Messages, each on a connection of its own and with the end of what is answered; how each answer begins. */
async function sendEach(
  { port }: Target,
  messages: Readonly<Record<string, readonly [octets: string, until?: string]>>,
): Promise<unknown> {
  const seen: Record<string, string> = {};
  for (const [name, [send, until]] of Object.entries(messages)) {
    const { received } = await session(port, { send, ...(until === undefined ? {} : { until }) });
    seen[name] = received.split("\r\n", 1)[0] ?? "";
  }
  return seen;
}

const tunnelPeer = http1TunnelPeer(() => {});
const multiPeer = http2TunnelPeer(() => {});
const echo = (socket: Socket): void => {
  socket.on("error", () => {});
  socket.on("data", (chunk) => socket.write(`${chunk.toString()}!`));
  socket.on("end", () => socket.end("bye"));
};

const message = (line: string, fields: string, body = ""): string =>
  `${line} HTTP/1.1\r\nHost: example.test\r\n${fields}\r\n${body}`;

const END = "0\r\n\r\n";
const CHUNKED = "transfer-encoding: chunked\r\n";

export const BYTE_METER_CASES: readonly ConformanceCase[] = [
  {
    title: "how many bytes HTTP/1 messages take, on either side",
    yaml: httpBootstrap({
      hcm: `${HCM}\naccess_log: ${log(FORMAT)}`,
      httpFilters: router(TRY_FORMAT),
      routes: `
- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: "hi" } } }
- { match: { prefix: "/none" }, route: { cluster: dead } }
- { match: { path: "/redirected" }, route: { cluster: raw, internal_redirect_policy: {} } }
- { match: { path: "/retried" }, route: { cluster: raw, retry_policy: { retry_on: 5xx, num_retries: 2, retry_back_off: { base_interval: 0.01s } } } }
- { match: { prefix: "/" }, route: { cluster: raw } }`,
      clusters: staticCluster("raw", ["{{tcp}}"], WITH_TRAILERS),
    }),
    tcp: (socket) => {
      socket.on("data", (chunk) => {
        const path = chunk.toString("latin1").split(" ")[1] ?? "";
        const answer = ANSWERS[path];
        if (answer === undefined) return;
        socket.write(answer);
        if (path === "/close" || path === "/short") socket.end();
      });
    },
    observe: async (target) => {
      const answers = await sendEach(target, {
        length: [message("GET /length", "X-Padded:   a \r\nx-nothing:\r\n"), "abc"],
        chunks: [message("POST /chunks", CHUNKED, "3\r\nabc\r\n0\r\n\r\n"), END],
        trailers: [
          message("POST /trailers", CHUNKED, "3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"),
          "x-end: 12\r\n\r\n",
        ],
        body: [message("POST /length", "content-length: 5\r\n", "12345"), "abc"],
        empty: [message("GET /empty", ""), "\r\n\r\n"],
        interim: [message("GET /interim", ""), "ok"],
        close: [message("GET /close", ""), END],
        retried: [message("GET /retried", ""), "busy"],
        redirected: [message("GET /redirected", ""), "abc"],
        short: [message("GET /short", "")],
        rubbish: [message("GET /rubbish", ""), "reset before headers"],
        direct: [message("GET /direct", ""), "hi"],
        pipelined: [message("GET /direct", "", message("GET /length", "")), "abc"],
        none: [message("GET /none", ""), "delayed"],
        upgrade: [message("GET /upgrade", "connection: upgrade\r\nupgrade: websocket\r\n", "more"), "hello"],
        broken: [message("GET /direct", "a b\r\n")],
        "no fields": ["GET /direct HTTP/1.1\r\n\r\n"],
        expect: [message("POST /length", "expect: 100-continue\r\ncontent-length: 2\r\n", "ok"), "abc"],
        early: [message("POST /length", "content-length: 20\r\n", "begun"), "abc"],
      });
      return { answers, tries: await tries(target, 19) };
    },
    accessLog: { file: "access.log", lines: 21 },
  },
  {
    title: "trailers that are dropped have no header bytes",
    yaml: httpBootstrap({
      hcm: `access_log: ${log(FORMAT)}`,
      httpFilters: router(TRY_FORMAT),
      routes: `- { match: { prefix: "/" }, route: { cluster: raw } }`,
      clusters: staticCluster("raw", ["{{tcp}}"]),
    }),
    tcp: (socket) => {
      socket.on("data", () => socket.write(ANSWERS["/trailers"] ?? ""));
    },
    observe: async (target) => {
      const answers = await sendEach(target, {
        trailers: [message("POST /trailers", CHUNKED, "3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n"), END],
      });
      return { answers, tries: await tries(target, 1) };
    },
    accessLog: { file: "access.log", lines: 1 },
  },
  {
    title: "how many bytes HTTP/2 messages take, on either side",
    yaml: httpBootstrap({
      hcm: `codec_type: AUTO
http2_protocol_options: { allow_connect: true }
${HCM}
access_log: ${log(HTTP2_FORMAT)}`,
      httpFilters: router(`try ${HTTP2_FORMAT}`),
      routes: `
- { match: { path: "/direct" }, direct_response: { status: 200, body: { inline_string: "hi" } } }
- { match: { path: "/silent" }, route: { cluster: multi, timeout: 0.1s } }
- { match: { path: "/retried" }, route: { cluster: multi, retry_policy: { retry_on: 5xx, num_retries: 1, retry_back_off: { base_interval: 0.01s } } } }
- { match: { path_separated_prefix: "/raw" }, route: { cluster: raw, prefix_rewrite: "/" } }
- { match: { prefix: "/" }, route: { cluster: multi } }`,
      clusters:
        staticCluster("multi", ["{{tcp}}"], OVER_HTTP2) +
        staticCluster("raw", ["{{upstream}}"], WITH_TRAILERS),
    }),
    tcp: http2Peer,
    observe: async (target) => {
      const answers = await http2Exchanges(target, {
        get: (client) =>
          client.request(1, "/get", [
            ["cookie", "a=1"],
            ["cookie", "b=2"],
          ]),
        direct: (client) => client.request(1, "/direct"),
        retried: (client) => client.request(1, "/retried"),
        body: (client) => {
          client.request(1, "/raw/post", [], { method: "POST", endStream: false });
          client.data(1, "abc", false);
          client.frame(0, 8 | 1, 1, "\u0005abc\0\0\0\0\0");
        },
        both: (client) => {
          client.request(1, "/get", [], { method: "POST", endStream: false });
          client.data(1, "abc", false);
          client.windowUpdate(1, 1000);
          client.headers(1, [["x-sum", "1"]]);
        },
        parts: (client) => {
          const block = headerBlock([...requestFields("/get", "GET"), ["x-a", "1"]]);
          client.frame(1, 1, 1, block.subarray(0, 10));
          client.frame(9, 0, 1, block.subarray(10, 20));
          client.frame(9, 4, 1, block.subarray(20));
        },
        trailers: (client) => client.request(1, "/trailers"),
        interim: (client) => client.request(1, "/interim"),
        head: (client) => client.request(1, "/get", [], { method: "HEAD" }),
        reset: (client) => client.request(1, "/reset"),
        connect: (client) => {
          client.headers(
            1,
            [
              [":method", "CONNECT"],
              [":protocol", "websocket"],
              [":scheme", "http"],
              [":path", "/upgrade"],
              [":authority", "example.test"],
            ],
            4,
          );
          client.data(1, "x", true);
        },
        silent: (client) => client.request(1, "/silent"),
        left: {
          send: async (client) => {
            client.request(1, "/left");
            await delay(50);
            client.reset(1, 8);
          },
          streams: [],
        },
      });
      return { answers, tries: await tries(target, 13) };
    },
    accessLog: { file: "access.log", lines: 13 },
  },
  {
    title: "how many bytes TCP sessions take, directly and through tunnels",
    yaml: tcpBootstrap(
      [
        { name: "main" },
        { name: "dead", fields: "cluster: dead" },
        {
          name: "early",
          fields: "max_early_data_bytes: 100\nupstream_connect_mode: ON_DOWNSTREAM_DATA",
        },
        { name: "connect", fields: "tunneling_config: { hostname: ok.test:443 }" },
        {
          name: "refused",
          fields: "max_connect_attempts: 2\ntunneling_config: { hostname: refused.test:443 }",
        },
      ],
      FORMAT,
    ),
    tcp: (socket) => {
      socket.once("data", (first: Buffer) => {
        const start = first.toString("latin1", 0, 3);
        socket.pause();
        socket.unshift(first);
        if (start === "PRI") multiPeer(socket);
        else if (start === "CON") tunnelPeer(socket);
        else echo(socket);
        socket.resume();
      });
    },
    observe: sessions(
      {
        main: { send: "abc", next: ["de"], until: "!de!" },
        "main ends": { send: "abc", end: true },
        dead: {},
        early: { send: "abc", until: "!" },
        connect: { send: "abc", next: ["de"], until: "abcde" },
        refused: { send: "abc" },
      },
      [],
    ),
    accessLog: { file: "access.log", lines: 6 },
  },
  {
    title: "how many bytes TCP sessions take through tunnels by HTTP/2",
    yaml: tcpBootstrap(
      [
        { name: "main", fields: "cluster: multi\ntunneling_config: { hostname: ok.test:443 }" },
        {
          name: "refused",
          fields: "cluster: multi\nmax_connect_attempts: 2\ntunneling_config: { hostname: refused.test:443 }",
        },
      ],
      FORMAT,
      staticCluster("multi", ["{{tcp}}"], OVER_HTTP2),
    ),
    tcp: multiPeer,
    observe: sessions({ main: { send: "abc", next: ["de"], until: "abcde" }, refused: { send: "abc" } }, []),
    accessLog: { file: "access.log", lines: 2 },
  },
];
