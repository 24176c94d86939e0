import { headerBlock, http2Frame, RawHttp2Client, requestFields, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { type Http2Script, http2Exchange, http2Exchanges } from "../http2-exchange.ts";

const LOG = `access_log: ${fileLog("%PROTOCOL% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT%")}`;

const ROUTES = `- { match: { prefix: "/direct" }, direct_response: { status: 200, body: { inline_string: direct } } }
- { match: { prefix: "/dead" }, route: { cluster: dead } }
- { match: { prefix: "/slow" }, route: { cluster: one, timeout: 0.2s } }
- { match: { prefix: "/api" }, route: { cluster: one } }`;

function bootstrap(hcm = "", routes = ROUTES): string {
  return httpBootstrap({ routes, hcm: `delayed_close_timeout: 0.1s\n${LOG}\n${hcm}` });
}

type Fields = [string, string][];

function post(client: RawHttp2Client, id: number, path: string, more: Fields = []): void {
  client.request(id, path, more, { method: "POST", endStream: false });
}

/** Waits until the upstream has the head of a request for `path`. */
async function reached(target: Target, path: string): Promise<void> {
  await waitFor(path, () => target.upstream.requests.some((request) => request.target === path));
}

const PLAIN_REQUESTS: Readonly<Record<string, Http2Script | Http2Script["send"]>> = {
  get: (c) => c.request(1, "/api/a"),
  direct: (c) => c.request(1, "/direct"),
  none: (c) => c.request(1, "/nowhere"),
  dead: (c) => c.request(1, "/dead"),
  head: (c) => c.headers(1, requestFields("/api/h", "HEAD")),
  headDirect: (c) => c.headers(1, requestFields("/direct", "HEAD")),
  several: {
    send: (c) => {
      for (const id of [1, 3, 5, 7]) c.request(id, `/direct/${id}`);
    },
    streams: [1, 3, 5, 7],
  },
  body: (c) => {
    post(c, 1, "/api/body", [["content-length", "5"]]);
    c.data(1, "he", false);
    c.data(1, "llo", true);
  },
  bodyWithoutLength: (c) => {
    post(c, 1, "/api/nolen");
    c.data(1, "hello", true);
  },
  padded: (c) => {
    post(c, 1, "/api/padded");
    c.frame(0, 9, 1, "\x03hello\0\0\0");
  },
  trailers: (c) => {
    post(c, 1, "/api/trailers");
    c.data(1, "hello", false);
    c.headers(1, [["x-end", "q"]]);
  },
  cookies: (c) =>
    c.request(1, "/api/cookies", [
      ["cookie", "a=1"],
      ["cookie", "b=2"],
    ]),
  hostBeside: (c) => c.request(1, "/api/host", [["host", "other.test"]]),
  hostInstead: (c) => c.headers(1, [...requestFields("/api/onlyhost").slice(0, 3), ["host", "other.test"]]),
  te: (c) => c.request(1, "/api/te", [["te", "trailers"]]),
  expect: (c) => {
    post(c, 1, "/api/expect", [["expect", "100-continue"]]);
    c.data(1, "go", true);
  },
  https: (c) =>
    c.headers(1, [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/api/https"],
      [":authority", "example.test"],
    ]),
  spaces: (c) => c.request(1, "/api/spaces", [["x-a", " b "]]),
  earlyAnswer: (c) => {
    post(c, 1, "/direct");
    c.data(1, "more to come", false);
  },
  unknownFrame: (c) => {
    c.frame(0x2a, 0xff, 0, "whatever");
    c.frame(0x10, 0, 0, "\0\0\0\x01u=1");
    c.request(1, "/api/unknown");
  },
};

const MALFORMED: Readonly<Record<string, Http2Script["send"]>> = {
  upperCase: (c) => c.request(1, "/api", [["X-Upper", "1"]]),
  connection: (c) => c.request(1, "/api", [["connection", "close"]]),
  keepAlive: (c) => c.request(1, "/api", [["keep-alive", "1"]]),
  upgrade: (c) => c.request(1, "/api", [["upgrade", "websocket"]]),
  transferEncoding: (c) => c.request(1, "/api", [["transfer-encoding", "chunked"]]),
  teGzip: (c) => c.request(1, "/api", [["te", "gzip"]]),
  latePseudo: (c) => c.headers(1, [...requestFields("/api").slice(0, 3), ["a", "b"], [":authority", "x"]]),
  twoPaths: (c) => c.headers(1, [...requestFields("/api"), [":path", "/b"]]),
  unknownPseudo: (c) => c.headers(1, [...requestFields("/api"), [":what", "x"]]),
  noMethod: (c) => c.headers(1, requestFields("/api").slice(1)),
  noScheme: (c) =>
    c.headers(
      1,
      requestFields("/api").filter(([name]) => name !== ":scheme"),
    ),
  noPath: (c) =>
    c.headers(
      1,
      requestFields("/api").filter(([name]) => name !== ":path"),
    ),
  noAuthority: (c) => c.headers(1, requestFields("/api").slice(0, 3)),
  emptyPath: (c) => c.request(1, ""),
  relativePath: (c) => c.request(1, "api"),
  status: (c) => c.headers(1, [...requestFields("/api"), [":status", "200"]]),
  lineFeed: (c) => c.request(1, "/api", [["a", "b\nc"]]),
  nul: (c) => c.request(1, "/api", [["a", "b\0c"]]),
  nameWithSpace: (c) => c.request(1, "/api", [["a b", "c"]]),
  emptyName: (c) => c.request(1, "/api", [["", "c"]]),
  badLength: (c) => c.request(1, "/api", [["content-length", "x"]]),
  twoLengths: (c) => {
    post(c, 1, "/api", [
      ["content-length", "1"],
      ["content-length", "1"],
    ]);
    c.data(1, "a", true);
  },
  shortBody: async (c, target) => {
    post(c, 1, "/api/short", [["content-length", "5"]]);
    await reached(target, "/api/short");
    c.data(1, "1234", true);
  },
  longBody: async (c, target) => {
    post(c, 1, "/api/long", [["content-length", "3"]]);
    await reached(target, "/api/long");
    c.data(1, "1234", true);
  },
  lengthWithoutBody: (c) => c.request(1, "/api", [["content-length", "3"]]),
  pseudoTrailer: async (c, target) => {
    post(c, 1, "/api/pseudo");
    await reached(target, "/api/pseudo");
    c.headers(1, [[":path", "/"]]);
  },
  trailersWithoutEnd: async (c, target) => {
    post(c, 1, "/api/noend");
    await reached(target, "/api/noend");
    c.headers(1, [["a", "b"]], 4);
  },
  protocolNotOffered: (c) => c.headers(1, [...requestFields("/api", "CONNECT"), [":protocol", "websocket"]]),
};

/** What HTTP/2 itself forbids; the connection ends whatever the configuration. */
const BROKEN: Readonly<Record<string, Http2Script["send"]>> = {
  evenStream: (c) => c.request(2, "/api"),
  zeroStream: (c) => c.request(0, "/api"),
  dataOnIdle: (c) => c.data(1, "x", true),
  dataOnZero: (c) => c.data(0, "x", true),
  resetIdle: (c) => c.reset(1, 8),
  windowOverflow: (c) => {
    c.windowUpdate(0, 0x7fff_ffff);
  },
  windowZero: (c) => c.windowUpdate(0, 0),
  pingTooShort: (c) => c.ping("1234"),
  pingOnStream: (c) => c.frame(6, 0, 1, "12345678"),
  settingsSize: (c) => c.frame(4, 0, 0, "12345"),
  settingsPush: (c) => c.frame(4, 0, 0, "\0\x02\0\0\0\x02"),
  settingsWindow: (c) => c.frame(4, 0, 0, "\0\x04\x80\0\0\0"),
  settingsFrameSize: (c) => c.frame(4, 0, 0, "\0\x05\0\0\0\x01"),
  settingsOnStream: (c) => c.frame(4, 0, 1, ""),
  push: (c) => c.frame(5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), headerBlock([["a", "b"]])])),
  continuationAlone: (c) => c.frame(9, 4, 1, "\x82"),
  interrupted: (c) => {
    c.headers(1, requestFields("/api"), 1);
    c.ping();
  },
  tooLarge: (c) => c.frame(0, 0, 1, Buffer.alloc(16_385)),
  compression: (c) => c.frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff\xff"),
};

const FLOODS: Readonly<Record<string, Http2Script["send"]>> = {
  emptyData: async (c, target) => {
    post(c, 1, "/api/empty");
    await reached(target, "/api/empty");
    for (let i = 0; i < 3; i++) c.data(1, "", false);
  },
  oneEmptyData: (c) => {
    post(c, 1, "/api");
    c.data(1, "", false);
    c.data(1, "end", true);
  },
  emptyContinuation: (c) => {
    c.headers(1, requestFields("/api"), 1);
    for (let i = 0; i < 3; i++) c.frame(9, 0, 1, "");
  },
  priority: (c) => {
    for (let i = 0; i < 101; i++) c.frame(2, 0, 1, "\0\0\0\0\x10");
  },
  windowUpdate: (c) => {
    for (let i = 0; i < 6; i++) c.windowUpdate(0, 1);
  },
  fewWindowUpdates: (c) => {
    for (let i = 0; i < 5; i++) c.windowUpdate(0, 1);
    c.request(1, "/direct");
  },
};

function without(named: Readonly<Record<string, Http2Script["send"]>>): Record<string, Http2Script> {
  return Object.fromEntries(Object.entries(named).map(([name, send]) => [name, { send, streams: [] }]));
}

/** Waits until an access log line would tell of a stream that ended without an answer. */
async function closedStream(
  target: Target,
  send: Http2Script["send"],
  settle: (c: RawHttp2Client) => Promise<void>,
) {
  const client = await RawHttp2Client.connect(target.port);
  try {
    await send(client, target);
    await settle(client);
  } finally {
    client.destroy();
  }
}

export const HTTP2_CASES: readonly ConformanceCase[] = [
  {
    title: "HTTP/2 requests reach the upstream and are answered, by prior knowledge",
    yaml: bootstrap(),
    reply: (seen) => ({ body: `${seen.method} ${seen.target}` }),
    observe: (target) => http2Exchanges(target, PLAIN_REQUESTS),
    accessLog: { file: "access.log", lines: Object.keys(PLAIN_REQUESTS).length + 3 },
    stats: [
      "http.main.downstream_cx_http2_total",
      "http.main.downstream_rq_http2_total",
      "http.main.downstream_cx_http1_total",
      "http.main.downstream_rq_2xx",
      "http.main.downstream_rq_response_before_rq_complete",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_tx_reset",
      "http2.tx_reset",
      "http2.trailers",
    ],
  },
  {
    title: "a malformed HTTP/2 request ends its connection",
    yaml: bootstrap(),
    observe: (target) => http2Exchanges(target, MALFORMED),
    accessLog: { file: "access.log", lines: Object.keys(MALFORMED).length },
    stats: ["http2.rx_messaging_error", "http.main.downstream_cx_protocol_error"],
  },
  {
    title: "a malformed HTTP/2 request ends its stream alone where so configured",
    yaml: bootstrap("http2_protocol_options: { override_stream_error_on_invalid_http_message: true }"),
    observe: (target) => http2Exchanges(target, MALFORMED),
    accessLog: { file: "access.log", lines: Object.keys(MALFORMED).length },
    stats: ["http2.rx_messaging_error", "http2.tx_reset", "http.main.downstream_cx_protocol_error"],
  },
  {
    title: "what is no HTTP/2 ends the connection",
    yaml: bootstrap("codec_type: HTTP2"),
    observe: (target) =>
      http2Exchanges(target, {
        ...without(BROKEN),
        preface: {
          send: (c) => c.write("GET / HTTP/1.1\r\nhost: example.test\r\n\r\n"),
          streams: [],
          options: { opening: "" },
        },
        noSettings: {
          send: (c) => c.ping(),
          streams: [],
          options: { opening: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
        },
      }),
    stats: ["http.main.downstream_cx_protocol_error"],
  },
  {
    title: "floods of HTTP/2 frames end the connection",
    yaml: bootstrap(),
    observe: async (target) => ({
      ...(await http2Exchanges(target, FLOODS)),
      pings: await http2Exchange(target, {
        send: (c) => c.write("\0\0\x08\x06\0\0\0\0\0pingping".repeat(20_000)),
        streams: [],
      }),
    }),
    stats: [
      "http2.inbound_empty_frames_flood",
      "http2.inbound_priority_frames_flood",
      "http2.inbound_window_update_frames_flood",
      "http.main.downstream_cx_protocol_error",
    ],
  },
  {
    title: "limits on HTTP/2 request heads reset the stream",
    yaml: bootstrap(
      `max_request_headers_kb: 8
common_http_protocol_options: { max_headers_count: 20, headers_with_underscores_action: REJECT_REQUEST }`,
    ),
    observe: (target) =>
      http2Exchanges(target, {
        many: (c) =>
          c.request(
            1,
            "/api/many",
            Array.from({ length: 17 }, (_, i) => [`x-${i}`, "v"]),
          ),
        justMany: (c) =>
          c.request(
            1,
            "/api/just",
            Array.from({ length: 16 }, (_, i) => [`x-${i}`, "v"]),
          ),
        large: (c) => c.request(1, "/api/large", [["x", "v".repeat(9000)]]),
        notLarge: (c) => c.request(1, "/api/fits", [["x", "v".repeat(8000)]]),
        underscore: (c) => c.request(1, "/api/underscore", [["x_y", "1"]]),
      }),
    accessLog: { file: "access.log", lines: 5 },
    stats: [
      "http2.header_overflow",
      "http2.requests_rejected_with_underscores_in_headers",
      "http2.tx_reset",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_too_large",
    ],
  },
  {
    title: "HTTP/2 streams that either side gives up are logged as such",
    yaml: bootstrap(),
    reply: (seen) =>
      seen.target === "/slow/body"
        ? { chunks: ["some", "more"], pauseMs: 1500 }
        : {
            delayMs: seen.target.startsWith("/slow") || seen.target === "/api/never" ? 1500 : 0,
            body: "late",
          },
    observe: async (target) => {
      await closedStream(
        target,
        (c) => c.request(1, "/api/never"),
        async (c) => {
          await reached(target, "/api/never");
          c.reset(1, 8);
          c.ping();
          await c.waitForFrame("the answer", ({ type }) => type === 6);
        },
      );
      return http2Exchanges(target, {
        timeout: (c) => c.request(1, "/slow"),
        timeoutInBody: (c) => c.request(1, "/slow/body"),
      });
    },
    accessLog: { file: "access.log", lines: 3 },
    stats: [
      "http2.rx_reset",
      "http2.tx_reset",
      "http.main.downstream_rq_rx_reset",
      "http.main.downstream_rq_tx_reset",
    ],
  },
  {
    title: "an HTTP/2 connection is told that it will end before it does",
    yaml: bootstrap("drain_timeout: 0.3s\ncommon_http_protocol_options: { max_requests_per_connection: 2 }"),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port);
      try {
        client.request(1, "/direct");
        await client.outcome(1);
        const afterFirst = client.goAway ?? null;
        client.request(3, "/direct");
        await waitFor("the notice", () => client.goAway !== undefined);
        const notice = client.goAway;
        client.request(5, "/direct");
        await client.outcome(5);
        await waitFor("the final GOAWAY", () => client.goAways === 2);
        const final = client.goAway;
        await client.waitForClose();
        return { afterFirst, notice, final, last: client.streams.get(5)?.status };
      } finally {
        client.destroy();
      }
    },
    stats: [
      "http.main.downstream_cx_max_requests_reached",
      "http2.goaway_sent",
      "http.main.downstream_cx_destroy_local",
    ],
  },
  {
    title: "an idle HTTP/2 connection ends by GOAWAY",
    yaml: bootstrap("drain_timeout: 0.3s\ncommon_http_protocol_options: { idle_timeout: 0.3s }"),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port);
      try {
        client.request(1, "/direct");
        await client.outcome(1);
        await waitFor("the notice", () => client.goAways === 1);
        const notice = client.goAway;
        await client.waitForClose();
        return { notice, final: client.goAway, goAways: client.goAways };
      } finally {
        client.destroy();
      }
    },
    stats: ["http.main.downstream_cx_idle_timeout", "http2.goaway_sent"],
  },
  {
    title: "an HTTP/2 client that resets its streams as it opens them loses the connection",
    yaml: httpBootstrap({ routes: `- { match: { prefix: "/" }, route: { cluster: dead } }` }),
    observe: (target) =>
      http2Exchange(target, {
        send: (c) => {
          const block = headerBlock(requestFields("/dead"));
          const frames: Buffer[] = [];
          for (let id = 1; id < 1200; id += 2) {
            frames.push(http2Frame(1, 5, id, block), http2Frame(3, 0, id, "\0\0\0\x08"));
          }
          c.write(Buffer.concat(frames));
        },
        streams: [],
      }),
    stats: ["http.main.downstream_rq_too_many_premature_resets"],
  },
  {
    title: "streams beyond max_concurrent_streams, and a head that never ends",
    yaml: bootstrap("request_headers_timeout: 0.3s\nhttp2_protocol_options: { max_concurrent_streams: 2 }"),
    reply: () => ({ delayMs: 3_000, body: "late" }),
    observe: (target) =>
      http2Exchanges(target, {
        beyond: {
          send: async (c, { upstream }) => {
            await c.waitForFrame("an acknowledgement", ({ type, flags }) => type === 4 && flags === 1);
            c.request(1, "/api/1");
            c.request(3, "/api/3");
            await waitFor("the upstream", () => upstream.requests.length >= 2);
            c.request(5, "/api/5");
          },
          streams: [5],
        },
        endless: (c) => c.headers(1, requestFields("/api/endless"), 1),
      }),
    stats: [
      "http2.stream_refused_errors",
      "http.main.downstream_cx_protocol_error",
      "http.main.downstream_rq_header_timeout",
    ],
  },
  {
    title: "HTTP/2 settings say what is configured",
    yaml: bootstrap(`http2_protocol_options:
  hpack_table_size: 1024
  max_concurrent_streams: 2
  initial_stream_window_size: 65536
  initial_connection_window_size: 131072
  allow_connect: true
  custom_settings_parameters: [{ identifier: 4096, value: 7 }]`),
    reply: () => ({ delayMs: 300, body: "late" }),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port);
      try {
        await client.waitForFrame("an acknowledgement", ({ type, flags }) => type === 4 && flags === 1);
        const update = client.frames.find(({ type }) => type === 8)?.payload.readUInt32BE(0) ?? 0;
        return { settings: [...client.settings].sort(([a], [b]) => a - b), update };
      } finally {
        client.destroy();
      }
    },
  },
  {
    title: "a websocket goes through extended CONNECT, and plain CONNECT ends where no route takes it",
    yaml: bootstrap(
      "http2_protocol_options: { allow_connect: true }\nupgrade_configs: [{ upgrade_type: websocket }]",
      `- { match: { prefix: "/" }, route: { cluster: one } }`,
    ),
    reply: () => ({
      status: 101,
      headers: [
        ["upgrade", "websocket"],
        ["connection", "upgrade"],
      ],
    }),
    observe: async (target) => {
      const client = await RawHttp2Client.connect(target.port);
      try {
        client.headers(1, [...requestFields("/ws", "CONNECT"), [":protocol", "websocket"]], 4);
        await waitFor("the tunnel", () => client.streams.get(1)?.status === 200);
        client.reset(1, 8);
      } finally {
        client.destroy();
      }
      return http2Exchanges(target, {
        otherProtocol: (c) => c.headers(1, [...requestFields("/other", "CONNECT"), [":protocol", "spdy"]]),
        connect: (c) =>
          c.headers(1, [
            [":method", "CONNECT"],
            [":authority", "example.test:80"],
          ]),
      });
    },
    accessLog: { file: "access.log", lines: 3 },
  },
];
