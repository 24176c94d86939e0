import assert from "node:assert/strict";
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { after, before, describe, it } from "node:test";
import { headerBlock, http2Frame, waitFor } from "@sluice/harness";
import { SocketConnection } from "../../connection/socket-connection.ts";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { RequestEncoder, ResponseStream, StreamResetReason } from "../codec.ts";
import { Headers } from "../header-map.ts";
import { Http2ClientCodec } from "./client-codec.ts";
import { compileHttp2Options, type Http2Options } from "./http2-options.ts";
import { createHttp2Stats } from "./http2-stats.ts";

class Response implements ResponseStream {
  readonly meter = new ByteMeter();
  interim: string[] = [];
  headers: Headers | undefined = undefined;
  body = "";
  trailers: Headers | undefined = undefined;
  ended = false;
  reset: StreamResetReason | undefined = undefined;

  decode1xxHeaders(headers: Headers): void {
    this.interim.push(headers.get(":status") ?? "");
  }
  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.headers = headers;
    this.ended = endStream;
  }
  decodeData(chunk: Uint8Array, endStream: boolean): void {
    this.body += Buffer.from(chunk).toString("latin1");
    this.ended = endStream;
  }
  decodeTrailers(trailers: Headers): void {
    this.trailers = trailers;
    this.ended = true;
  }
  onReset(reason: StreamResetReason): void {
    this.reset = reason;
  }
  async over(): Promise<this> {
    await waitFor("the response's end", () => this.ended || this.reset !== undefined);
    return this;
  }
}

class Client {
  readonly connection: SocketConnection;
  readonly codec: Http2ClientCodec;
  readonly closedStreams: string[] = [];
  goAways = 0;
  limits = 0;
  error = "";

  constructor(port: number, options: Http2Options = compileHttp2Options(undefined, false)) {
    this.connection = new SocketConnection(connect(port, "127.0.0.1"), 1024 * 1024);
    this.codec = new Http2ClientCodec(
      this.connection,
      {
        onStreamClosed: (reusable, complete) => this.closedStreams.push(`${reusable} ${complete}`),
        onGoAway: () => this.goAways++,
        onStreamLimit: () => this.limits++,
        onProtocolError: ({ details }) => {
          this.error = details;
          this.connection.close("flush", details);
        },
      },
      {
        options,
        stats: createHttp2Stats(discardingStats()),
        context: { clock: systemClock, timers: systemTimers, random: systemRandom },
        headBytesMax: 60 * 1024,
        headersMax: 100,
      },
    );
    this.connection.attach({
      onData: (chunk, endStream) => {
        if (chunk.length > 0) this.codec.dispatch(chunk);
        if (endStream) this.connection.close("noFlush", "");
      },
      onClose: () => this.codec.onConnectionClosed("connection termination", ""),
    });
  }

  begin(path: string, endStream = true, more: string[] = [], method = "GET"): [Response, RequestEncoder] {
    const response = new Response();
    const encoder = this.codec.newStream(response);
    const head = [":method", method, ":path", path, ":authority", "web", ":scheme", "http", ...more];
    encoder.encodeHeaders(new Headers(head), endStream);
    return [response, encoder];
  }

  close(): void {
    this.connection.close("noFlush", "test");
  }
}

describe("HTTP/2 client", () => {
  let server: Http2Server;
  let port = 0;
  const sessions = new Set<ServerHttp2Session>();
  let lastReset: number | undefined;

  function respond(stream: ServerHttp2Stream, path: string, method: string): void {
    stream.on("error", () => {});
    stream.on("close", () => {
      lastReset = stream.rstCode;
    });
    if (path === "/hold") return;
    if (path === "/refuse") {
      stream.close(7);
      return;
    }
    if (path === "/trailers") {
      stream.additionalHeaders({ ":status": 103, link: "</a>" });
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end("body");
      return;
    }
    if (path === "/large") {
      stream.respond({ ":status": 200 });
      stream.end(Buffer.alloc(3_000_000, "z"));
      return;
    }
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.on("end", () => {
      stream.respond({ ":status": 200, "x-bytes": String(bytes) });
      stream.end(method === "HEAD" ? undefined : `${method} ${path}`);
    });
  }

  before(async () => {
    server = createServer({ settings: { maxConcurrentStreams: 50 } });
    server.on("session", (session) => {
      sessions.add(session);
      session.on("close", () => sessions.delete(session));
      session.on("error", () => {});
    });
    server.on("stream", (stream: ServerHttp2Stream, headers) =>
      respond(stream, headers[":path"] ?? "", headers[":method"] ?? ""),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function withClient(use: (client: Client) => Promise<void>, options?: Http2Options): Promise<void> {
    const client = new Client(port, options);
    try {
      await use(client);
    } finally {
      client.close();
    }
  }

  it("sends requests side by side and learns the peer's limit", async () => {
    await withClient(async (client) => {
      const all = Array.from({ length: 20 }, (_, i) => client.begin(`/n${i}`)[0]);
      for (const [i, response] of all.entries()) {
        await response.over();
        assert.equal(response.body, `GET /n${i}`);
        assert.equal(response.headers?.get(":status"), "200");
      }
      assert.equal(client.codec.activeStreams, 0);
      assert.equal(client.codec.maxConcurrentStreams, 50);
      assert.ok(client.limits >= 1);
      assert.deepEqual(client.closedStreams, Array(20).fill("true true"));
    });
  });

  it("carries bodies beyond the windows both ways, 103 and trailers, and no body behind HEAD", async () => {
    await withClient(async (client) => {
      const [upload, encoder] = client.begin("/up", false, [], "POST");
      for (let i = 0; i < 20; i++) encoder.encodeData(Buffer.alloc(100_000), i === 19);
      assert.equal((await upload.over()).headers?.get("x-bytes"), "2000000");
      assert.equal((await client.begin("/large")[0].over()).body.length, 3_000_000);
      const trailing = await client.begin("/trailers")[0].over();
      assert.deepEqual([trailing.interim, trailing.body], [["103"], "body"]);
      assert.equal(trailing.trailers?.get("grpc-status"), "0");
      const head = await client.begin("/head", true, [], "HEAD")[0].over();
      assert.equal(head.body, "");
      assert.ok(upload.meter.wireBytesSent - upload.meter.headerBytesSent >= 2_000_000 + 9 * 123);
      assert.equal(trailing.meter.wireBytesReceived - trailing.meter.headerBytesReceived, 9 + 4);
      assert.ok(
        trailing.meter.decompressedHeaderBytesReceived >= ":status103link</a>:status200grpc-status0".length,
      );
      assert.deepEqual(
        [head.meter.wireBytesSent, head.meter.wireBytesReceived],
        [head.meter.headerBytesSent, head.meter.headerBytesReceived],
      );
    });
  });

  it("holds a response whose reader pauses while others go on", async () => {
    await withClient(
      async (client) => {
        const [slow, encoder] = client.begin("/large");
        encoder.readDisable(true);
        assert.equal((await client.begin("/other")[0].over()).body, "GET /other");
        assert.equal(slow.body, "");
        encoder.readDisable(false);
        assert.equal((await slow.over()).body.length, 3_000_000);
      },
      compileHttp2Options(undefined, false),
    );
  });

  it("tells refused streams from reset ones, and resets a stream that is given up", async () => {
    await withClient(async (client) => {
      assert.equal((await client.begin("/refuse")[0].over()).reset, "remote refused stream reset");
      const [held, encoder] = client.begin("/hold");
      await client.begin("/a")[0].over();
      lastReset = undefined;
      encoder.reset();
      await waitFor("the reset", () => lastReset !== undefined);
      assert.equal(held.reset, undefined);
      assert.equal(client.codec.activeStreams, 0);
      assert.deepEqual(client.closedStreams, ["true false", "true true", "true false"]);
    });
  });

  it("ends all streams with their connection", async () => {
    await withClient(async (client) => {
      const [held] = client.begin("/hold");
      await client.begin("/a")[0].over();
      for (const session of sessions) session.destroy();
      assert.equal((await held.over()).reset, "connection termination");
    });
  });

  // ── a peer that says what a test has it say ──

  async function withScript(
    script: (socket: Socket) => void,
    use: (client: Client) => Promise<void>,
  ): Promise<void> {
    const scripted: Server = createTcpServer((socket) => {
      socket.on("error", () => {});
      script(socket);
    });
    await new Promise<void>((resolve) => scripted.listen(0, "127.0.0.1", resolve));
    const client = new Client((scripted.address() as AddressInfo).port);
    try {
      await use(client);
    } finally {
      client.close();
      await new Promise((resolve) => scripted.close(resolve));
    }
  }

  const SETTINGS = http2Frame(4, 0, 0);

  it("gives streams above a GOAWAY's number back as refused, and finishes those below", async () => {
    await withScript(
      (socket) => {
        socket.write(SETTINGS);
        socket.once("data", () =>
          setImmediate(() => {
            socket.write(http2Frame(7, 0, 0, "\0\0\0\x01\0\0\0\0"));
            socket.write(http2Frame(1, 5, 1, headerBlock([[":status", "200"]])));
          }),
        );
      },
      async (client) => {
        const [first] = client.begin("/1");
        const [second] = client.begin("/2");
        assert.equal((await second.over()).reset, "remote refused stream reset");
        assert.equal((await first.over()).headers?.get(":status"), "200");
        assert.equal(client.goAways, 1);
      },
    );
  });

  const WRONG: Readonly<Record<string, readonly Buffer[]>> = {
    "no :status": [http2Frame(1, 5, 1, headerBlock([["a", "b"]]))],
    "101": [http2Frame(1, 5, 1, headerBlock([[":status", "101"]]))],
    "a connection field": [
      http2Frame(
        1,
        5,
        1,
        headerBlock([
          [":status", "200"],
          ["connection", "close"],
        ]),
      ),
    ],
    "a body of another length": [
      http2Frame(
        1,
        4,
        1,
        headerBlock([
          [":status", "200"],
          ["content-length", "3"],
        ]),
      ),
      http2Frame(0, 1, 1, "12"),
    ],
    "a push": [http2Frame(5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), headerBlock([["a", "b"]])]))],
    "compression that is none": [http2Frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff")],
  };
  for (const [what, frames] of Object.entries(WRONG)) {
    it(`takes ${what} for a protocol error`, async () => {
      await withScript(
        (socket) => {
          socket.write(SETTINGS);
          socket.once("data", () => setImmediate(() => socket.write(Buffer.concat(frames))));
        },
        async (client) => {
          assert.equal((await client.begin("/")[0].over()).reset, "protocol error");
          // Such a body costs its stream alone.
          if (what !== "a body of another length") await waitFor("the report", () => client.error !== "");
        },
      );
    });
  }

  it("asks for an upgrade by extended CONNECT and takes success for HTTP/1's 101", async () => {
    let received = "";
    await withScript(
      (socket) => {
        socket.write(http2Frame(4, 0, 0, "\0\x08\0\0\0\x01"));
        socket.on("data", (chunk) => {
          received += chunk.toString("latin1");
        });
        socket.once("data", () =>
          setImmediate(() => socket.write(http2Frame(1, 4, 1, headerBlock([[":status", "200"]])))),
        );
      },
      async (client) => {
        const [response, encoder] = client.begin("/ws", false, [
          "upgrade",
          "websocket",
          "connection",
          "upgrade",
        ]);
        await waitFor("the head", () => response.headers !== undefined);
        assert.equal(response.headers?.get(":status"), "101");
        assert.equal(response.headers?.get("upgrade"), "websocket");
        encoder.encodeData(Buffer.from("through the tunnel"), false);
        await waitFor("the tunnel", () => received.includes("through the tunnel"));
      },
    );
  });
});
