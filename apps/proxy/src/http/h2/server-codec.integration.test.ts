import assert from "node:assert/strict";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { headerBlock, RawHttp2Client, requestFields, waitFor } from "@sluice/harness";
import { SocketConnection } from "../../connection/socket-connection.ts";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { RequestStream, ResponseEncoder, StreamResetReason } from "../codec.ts";
import { Headers } from "../header-map.ts";
import { compileHttp2Options, type Http2Options } from "./http2-options.ts";
import { createHttp2Stats } from "./http2-stats.ts";
import { Http2ServerCodec, type Http2ServerSetup } from "./server-codec.ts";

/** Answers by path, and keeps what happened. */
class EchoStream implements RequestStream {
  readonly heldBytes = 0;
  readonly meter = new ByteMeter();
  headers: Headers = new Headers();
  body = "";
  trailers: Headers | undefined = undefined;
  reset: StreamResetReason | undefined = undefined;
  resetDetails = "";
  complete = false;
  above = 0;
  below = 0;
  readonly encoder: ResponseEncoder;

  constructor(encoder: ResponseEncoder) {
    this.encoder = encoder;
  }
  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.headers = headers;
    if (headers.get(":path") === "/paused") this.encoder.readDisable(true);
    if (endStream) this.answer();
  }
  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.body += Buffer.from(chunk).toString("latin1");
    if (endStream) this.answer();
  }
  decodeTrailers(trailers: Headers): void {
    this.trailers = trailers;
    this.answer();
  }
  onReset(reason: StreamResetReason, details: string): void {
    this.reset = reason;
    this.resetDetails = details;
  }
  onHeadTimeout(): void {}
  onCodecError(): void {}
  onComplete(): void {
    this.complete = true;
  }

  answer(): void {
    const path = this.headers.get(":path") ?? "";
    const { encoder } = this;
    if (path === "/hold") return;
    if (path === "/reset") {
      encoder.reset("local reset");
      return;
    }
    if (path === "/large") {
      encoder.addWatermarkCallbacks({
        onAboveHighWatermark: () => this.above++,
        onBelowLowWatermark: () => this.below++,
      });
      encoder.encodeHeaders(new Headers([":status", "200"]), false);
      encoder.encodeData(Buffer.alloc(300_000, "x"), true);
      return;
    }
    if (path === "/trailers") {
      encoder.encode1xxHeaders(new Headers([":status", "103", "link", "</a>"]));
      encoder.encodeHeaders(new Headers([":status", "200"]), false);
      encoder.encodeData(Buffer.from("body"), false);
      encoder.encodeTrailers(new Headers(["grpc-status", "0"]));
      return;
    }
    const text = JSON.stringify({
      fields: this.headers.fields,
      body: this.body,
      trailers: this.trailers?.fields,
    });
    const head = [":status", "200", "content-length", String(text.length), "connection", "close"];
    encoder.encodeHeaders(new Headers(head), false);
    encoder.encodeData(Buffer.from(text), true);
  }
}

const DEFAULTS = compileHttp2Options(undefined, false);

describe("HTTP/2 server", () => {
  let server: Server;
  let port = 0;
  let options: Http2Options = DEFAULTS;
  let setup: Partial<Http2ServerSetup> = {};
  let streams: EchoStream[] = [];
  let codecs: Http2ServerCodec[] = [];
  let errors: string[] = [];
  const sockets = new Set<Socket>();

  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      const connection = new SocketConnection(socket, 1024 * 1024);
      const close = (details: string) => {
        errors.push(details);
        codec.stop();
        connection.close("flush", details);
      };
      const codec = new Http2ServerCodec(
        connection,
        {
          newStream: (encoder) => {
            const stream = new EchoStream(encoder);
            streams.push(stream);
            return stream;
          },
          onProtocolError: ({ details }) => close(details),
          onFlood: close,
          onHeadersDropped: () => {},
          onHeadBegun: () => {},
        },
        {
          options,
          stats: createHttp2Stats(discardingStats()),
          context: { clock: systemClock, timers: systemTimers, random: systemRandom },
          headBytesMax: 60 * 1024,
          headersMax: 100,
          underscores: "allow",
          ...setup,
        },
      );
      codecs.push(codec);
      connection.attach({
        onData: (chunk, endStream) => {
          codec.dispatch(chunk);
          if (endStream) connection.close("noFlush", "");
        },
        onClose: () => codec.onConnectionClosed(""),
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    options = DEFAULTS;
    setup = {};
    streams = [];
    codecs = [];
    errors = [];
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function withClient(use: (client: RawHttp2Client) => Promise<void>, rawOptions = {}): Promise<void> {
    const client = await RawHttp2Client.connect(port, rawOptions);
    try {
      await use(client);
    } finally {
      client.destroy();
    }
  }

  async function withNode(use: (session: ClientHttp2Session) => Promise<void>): Promise<void> {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    try {
      await use(session);
    } finally {
      session.destroy();
    }
  }

  function send(
    session: ClientHttp2Session,
    headers: Record<string, string>,
    body?: Buffer,
  ): Promise<{ headers: IncomingHttpHeaders; body: string; trailers: IncomingHttpHeaders | undefined }> {
    return new Promise((resolve, reject) => {
      const stream = session.request(headers, { endStream: body === undefined });
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders | undefined;
      let text = "";
      stream.on("response", (seen) => {
        head = seen;
      });
      stream.on("trailers", (seen) => {
        trailers = seen;
      });
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      stream.on("end", () => resolve({ headers: head, body: text, trailers }));
      stream.on("error", reject);
      if (body !== undefined) stream.end(body);
    });
  }

  it("announces its limits and acknowledges the peer's settings", async () => {
    await withClient(async (client) => {
      await client.waitForFrame("the acknowledgement", ({ type, flags }) => type === 4 && flags === 1);
      assert.deepEqual(
        [...client.settings],
        [
          [1, 4096],
          [8, 0],
          [3, 1024],
          [4, 16_777_216],
        ],
      );
      const update = client.frames.find(({ type }) => type === 8);
      assert.equal(update?.payload.readUInt32BE(0), 24 * 1024 * 1024 - 65_535);
    });
  });

  it("serves node's client: many streams at once, bodies both ways, trailers, 103", async () => {
    await withNode(async (session) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => send(session, { ":path": `/n${i}`, cookie: "a=1" })),
      );
      answers.forEach(({ body, headers }, i) => {
        assert.equal(headers[":status"], 200);
        assert.equal(headers.connection, undefined);
        assert.deepEqual(JSON.parse(body).fields.slice(2, 4), [":path", `/n${i}`]);
      });
      const upload = await send(session, { ":method": "POST", ":path": "/up" }, Buffer.alloc(1_000_000, "y"));
      assert.equal(JSON.parse(upload.body).body.length, 1_000_000);
      const trailing = await send(session, { ":path": "/trailers" });
      assert.equal(trailing.body, "body");
      assert.equal(trailing.trailers?.["grpc-status"], "0");
      assert.equal((await send(session, { ":path": "/large" })).body.length, 300_000);
    });
    assert.ok(streams.every(({ complete }) => complete));
  });

  it("counts a stream's frames, those of a header block as one", async () => {
    await withClient(async (client) => {
      const fields: [string, string][] = [...requestFields("/trailers", "POST"), ["x", "yz"]];
      const bytes = fields.join("").length - fields.length;
      const block = headerBlock(fields);
      client.frame(1, 0, 1, block.subarray(0, 20));
      client.frame(9, 4, 1, block.subarray(20));
      client.data(1, "abc", false);
      client.windowUpdate(1, 100);
      client.frame(0, 8, 1, "\x05abc\0\0\0\0\0");
      client.headers(1, [["t", "1"]]);
      await client.outcome(1);
      const meter = streams[0]?.meter;
      const trailers = 9 + headerBlock([["t", "1"]]).length;
      assert.equal(meter?.wireBytesReceived, 9 + block.length + 12 + 18 + trailers);
      assert.equal(meter?.headerBytesReceived, 9 + block.length + trailers);
      assert.equal(meter?.decompressedHeaderBytesReceived, bytes + 2);
      const sent = client.frames.filter(({ streamId }) => streamId === 1);
      const size = (types: readonly number[]) =>
        sent
          .filter(({ type }) => types.includes(type))
          .reduce((sum, { payload }) => sum + 9 + payload.length, 0);
      assert.equal(meter?.wireBytesSent, size([0, 1]));
      assert.equal(meter?.headerBytesSent, size([1]));
      assert.equal(meter?.decompressedHeaderBytesSent, ":status103link</a>:status200grpc-status0".length);
    });
  });

  it("joins cookie crumbs, takes host for a missing :authority and drops it otherwise", async () => {
    await withClient(async (client) => {
      client.request(1, "/a", [
        ["cookie", "a=1"],
        ["x", "y"],
        ["cookie", "b=2"],
        ["host", "other"],
      ]);
      client.headers(3, [...requestFields("/b").slice(0, 3), ["host", "named"]]);
      await client.outcome(3);
      const [first, second] = streams;
      assert.equal(first?.headers.get("cookie"), "a=1; b=2");
      assert.equal(first?.headers.get("host"), undefined);
      assert.equal(first?.headers.get(":authority"), "example.test");
      assert.equal(second?.headers.get(":authority"), "named");
    });
  });

  it("sends no more than the peer's windows allow, and tells the stream that it piles up", async () => {
    options = { ...DEFAULTS, streamWindowBytes: 100_000 };
    await withClient(
      async (client) => {
        client.request(1, "/large");
        await waitFor("the window to fill", () => client.streams.get(1)?.body.length === 1000);
        assert.equal(streams[0]?.above, 1);
        client.windowUpdate(1, 30_000);
        await waitFor("more", () => client.streams.get(1)?.body.length === 31_000);
        client.windowUpdate(1, 1_000_000);
        await waitFor("the connection's window", () => client.streams.get(1)?.body.length === 65_535);
        // Others wait for the connection's window too.
        client.request(3, "/b");
        client.windowUpdate(0, 1_000_000);
        assert.equal((await client.outcome(1))?.body.length, 300_000);
        assert.equal((await client.outcome(3))?.status, 200);
        assert.equal(streams[0]?.below, 1);
        assert.equal(streams[0]?.complete, true);
      },
      { settings: [[4, 1000]], windowUpdates: false },
    );
  });

  it("holds what arrives for a stream that pauses, and closes its window only", async () => {
    options = { ...DEFAULTS, streamWindowBytes: 65_535, connectionWindowBytes: 131_070 };
    await withClient(async (client) => {
      client.request(1, "/paused", [], { method: "POST", endStream: false });
      for (let i = 0; i < 4; i++) client.data(1, Buffer.alloc(16_000), false);
      client.request(3, "/next");
      assert.equal((await client.outcome(3))?.status, 200);
      assert.equal(streams[0]?.body, "");
      assert.ok(!client.frames.some(({ type, streamId }) => type === 8 && streamId === 1));
      streams[0]?.encoder.readDisable(false);
      assert.equal(streams[0]?.body.length, 64_000);
      await client.waitForFrame("room", ({ type, streamId }) => type === 8 && streamId === 1);
      client.data(1, "end", true);
      assert.equal((await client.outcome(1))?.status, 200);
    });
  });

  it("ends a stream whose window was exceeded, and a connection likewise", async () => {
    options = { ...DEFAULTS, streamWindowBytes: 65_535, connectionWindowBytes: 70_000 };
    await withClient(async (client) => {
      client.request(1, "/paused", [], { method: "POST", endStream: false });
      for (let i = 0; i < 4; i++) client.data(1, Buffer.alloc(16_384), false);
      assert.equal((await client.outcome(1))?.reset, 3);
      client.request(3, "/next");
      assert.equal((await client.outcome(3))?.status, 200);
    });
  });

  it("refuses streams beyond the limit until the peer has acknowledged it, then takes them for an error", async () => {
    options = { ...DEFAULTS, maxConcurrentStreams: 2 };
    await withClient(async (client) => {
      for (const id of [1, 3, 5]) client.request(id, "/hold");
      assert.equal((await client.outcome(5))?.reset, 7);
      client.reset(1, 8);
      client.request(7, "/hold");
      await waitFor("room for another", () => streams.length === 3);
      assert.equal(streams[0]?.reset, "remote reset");
      assert.equal(streams[0]?.resetDetails, "http2.remote_reset");
      await client.waitForFrame("the settings", ({ type, flags }) => type === 4 && flags === 0);
      client.request(9, "/hold");
      await client.waitForClose();
      assert.equal(client.goAway?.code, 1);
    });
  });

  it("says that it will go, takes what is on its way, then goes", async () => {
    await withClient(async (client) => {
      client.request(1, "/hold");
      await waitFor("the stream", () => streams.length === 1);
      codecs[0]?.notifyShutdown();
      await waitFor("GOAWAY", () => client.goAway?.lastStreamId === 0x7fff_ffff);
      client.request(3, "/ok");
      assert.equal((await client.outcome(3))?.status, 200);
      codecs[0]?.goAway();
      await waitFor("the final GOAWAY", () => client.goAway?.lastStreamId === 3);
      client.request(5, "/ok");
      client.ping();
      await client.waitForFrame("the answer", ({ type }) => type === 6);
      assert.equal(streams.length, 2);
    });
  });

  it("ignores what still arrives for a stream that it reset", async () => {
    await withClient(async (client) => {
      client.request(1, "/reset");
      assert.equal((await client.outcome(1))?.reset, 2);
      client.request(3, "/ok");
      assert.equal((await client.outcome(3))?.status, 200);
    });
  });

  const MALFORMED: Readonly<Record<string, (client: RawHttp2Client) => void>> = {
    "upper case in a name": (c) => c.request(1, "/", [["X-Upper", "1"]]),
    "a connection field": (c) => c.request(1, "/", [["connection", "close"]]),
    "te other than trailers": (c) => c.request(1, "/", [["te", "gzip"]]),
    "a pseudo-header behind a field": (c) =>
      c.headers(1, [...requestFields("/").slice(0, 3), ["a", "b"], [":authority", "x"]]),
    "no :scheme": (c) =>
      c.headers(1, [
        [":method", "GET"],
        [":path", "/"],
        [":authority", "x"],
      ]),
    "no authority at all": (c) => c.headers(1, requestFields("/").slice(0, 3)),
    "a space in :method": (c) => c.headers(1, requestFields("/", "GET / HTTP/1.1")),
    "an empty :scheme": (c) =>
      c.headers(
        1,
        requestFields("/").map(([name, value]) => [name, name === ":scheme" ? "" : value]),
      ),
    "userinfo in :authority": (c) =>
      c.headers(1, [...requestFields("/").slice(0, 3), [":authority", "u@x.test"]]),
    "two Hosts": (c) =>
      c.headers(1, [...requestFields("/").slice(0, 3), ["host", "a.test"], ["host", "b.test"]]),
    "a NUL in a name": (c) => c.request(1, "/", [["a\0", "1"]]),
    "a line feed in a value": (c) => c.request(1, "/", [["a", "b\nc"]]),
    "extended CONNECT that was not offered": (c) =>
      c.headers(1, [...requestFields("/", "CONNECT"), [":protocol", "websocket"]]),
  };

  for (const [what, sendIt] of Object.entries(MALFORMED)) {
    it(`takes ${what} for an error of the connection, or of the stream where so configured`, async () => {
      await withClient(async (client) => {
        sendIt(client);
        await client.waitForClose();
        assert.equal(client.goAway?.code, 1);
      });
      options = { ...DEFAULTS, invalidMessageEndsStreamOnly: true };
      await withClient(async (client) => {
        sendIt(client);
        assert.equal((await client.outcome(1))?.reset, 1);
        client.request(3, "/ok");
        assert.equal((await client.outcome(3))?.status, 200);
      });
    });
  }

  it("resets a stream whose body is not as long as announced", async () => {
    await withClient(async (client) => {
      for (const [id, body] of [
        [1, "1234"],
        [3, "123456"],
      ] as const) {
        client.request(id, "/", [["content-length", "5"]], { method: "POST", endStream: false });
        client.data(id, body, true);
        assert.equal((await client.outcome(id))?.reset, 1);
      }
    });
  });

  it("resets a stream with too many or too large headers", async () => {
    await withClient(async (client) => {
      client.request(
        1,
        "/",
        Array.from({ length: 100 }, (_, i) => [`x-${i}`, "v"] as const),
      );
      assert.equal((await client.outcome(1))?.reset, 2);
      const block = headerBlock([...requestFields("/"), ["x", "v".repeat(61_500)]]);
      client.frame(1, 1, 3, block.subarray(0, 16_384));
      for (let at = 16_384; at < block.length; at += 16_384) {
        client.frame(9, at + 16_384 >= block.length ? 4 : 0, 3, block.subarray(at, at + 16_384));
      }
      assert.equal((await client.outcome(3))?.reset, 2);
      client.request(5, "/ok");
      assert.equal((await client.outcome(5))?.status, 200);
    });
  });

  const FLOODS: Readonly<Record<string, readonly [words: string, send: (client: RawHttp2Client) => void]>> = {
    "empty DATA frames": [
      "http2.inbound_empty_frames_flood",
      (c) => {
        c.request(1, "/", [], { method: "POST", endStream: false });
        for (let i = 0; i < 3; i++) c.data(1, "", false);
      },
    ],
    "PRIORITY frames": [
      "Too many PRIORITY frames",
      (c) => {
        for (let i = 0; i < 101; i++) c.frame(2, 0, 1, "\0\0\0\0\x10");
      },
    ],
    "WINDOW_UPDATE frames": [
      "Too many WINDOW_UPDATE frames",
      (c) => {
        for (let i = 0; i < 6; i++) c.windowUpdate(0, 1);
      },
    ],
    "PING frames": [
      "Too many control frames in the outbound queue.",
      (c) => {
        let text = "";
        for (let i = 0; i < 1500; i++) text += "\0\0\x08\x06\0\0\0\0\0pingping";
        c.write(text);
      },
    ],
    "CONTINUATION frames": [
      "http2.too_many_headers",
      (c) => {
        c.frame(1, 1, 1, headerBlock(requestFields("/")));
        for (let i = 0; i < 100; i++) c.frame(9, 0, 1, headerBlock([["a", "b"]]));
      },
    ],
  };

  for (const [what, [words, sendIt]] of Object.entries(FLOODS)) {
    it(`ends a connection that floods it with ${what}`, async () => {
      await withClient(async (client) => {
        sendIt(client);
        await client.waitForClose();
        assert.deepEqual(errors, [words]);
      });
    });
  }

  it("hands an extended CONNECT on as an upgrade, and answers its 101 as success", async () => {
    options = { ...DEFAULTS, allowConnect: true };
    await withClient(async (client) => {
      client.headers(1, [...requestFields("/hold", "CONNECT"), [":protocol", "websocket"]], 4);
      await waitFor("the stream", () => streams.length === 1);
      const [stream] = streams;
      assert.deepEqual(stream?.headers.fields.slice(0, 4), [":method", "GET", ":path", "/hold"]);
      assert.equal(stream?.headers.get("upgrade"), "websocket");
      stream?.encoder.encodeHeaders(new Headers([":status", "101", "upgrade", "websocket"]), false);
      client.data(1, "ping", false);
      await waitFor("the tunnel", () => stream?.body === "ping");
      stream?.encoder.encodeData(Buffer.from("pong"), false);
      await waitFor("the answer", () => client.streams.get(1)?.body === "pong");
      assert.equal(client.streams.get(1)?.status, 200);
    });
  });

  it("pings at intervals and closes when nothing answers", async () => {
    options = {
      ...DEFAULTS,
      keepalive: { intervalMs: 20, timeoutMs: 60, jitterPercent: 0, idleIntervalMs: 0 },
    };
    await withClient(async (client) => {
      const ping = await client.waitForFrame("a PING", ({ type, flags }) => type === 6 && flags === 0);
      client.frame(6, 1, 0, ping.payload);
      await waitFor("another PING", () => client.frames.filter(({ type }) => type === 6).length >= 2);
      await client.waitForClose();
    });
  });

  it("survives frames cut anywhere", async () => {
    await withClient(async (client) => {
      // The client's own acknowledgement is out of the way.
      await client.waitForFrame("an acknowledgement", ({ type, flags }) => type === 4 && flags === 1);
      client.request(1, "/", [], { method: "POST", endStream: false });
      const octets = Buffer.concat([
        Buffer.from("\0\0\x06\0\x08\0\0\0\x01\x02abc\0\0", "latin1"),
        Buffer.from("\0\0\x04\0\x09\0\0\0\x01\x01de\0", "latin1"),
      ]);
      for (const octet of octets) {
        client.write(Buffer.from([octet]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal((await client.outcome(1))?.status, 200);
      assert.equal(streams[0]?.body, "abcde");
    });
  });
});
