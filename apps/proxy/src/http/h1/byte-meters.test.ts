import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { SocketConnection } from "../../connection/socket-connection.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { RequestStream, ResponseEncoder, ResponseStream } from "../codec.ts";
import { Headers } from "../header-map.ts";
import { Http1ClientCodec } from "./client-codec.ts";
import { LOWER_CASE } from "./header-spelling.ts";
import { createHttp1Stats } from "./http1-stats.ts";
import { Http1ServerCodec } from "./server-codec.ts";

/** A connection whose peer reads nothing. */
function connection(): SocketConnection {
  const stream = new Duplex({ read() {}, write() {} });
  const socket = Object.assign(stream, { setNoDelay: () => stream, resetAndDestroy: () => stream.destroy() });
  return new SocketConnection(socket as unknown as Socket, 1024 * 1024);
}

const LIMITS = { headBytesMax: 8192, headersMax: 100, spelling: LOWER_CASE, allowChunkedLength: false };

/** Answers whole requests, each by a body of one chunk and trailers. */
class Answering implements RequestStream {
  readonly heldBytes = 0;
  readonly meter = new ByteMeter();
  private readonly encoder: ResponseEncoder;

  constructor(encoder: ResponseEncoder) {
    this.encoder = encoder;
  }
  decodeHeaders(_headers: Headers, endStream: boolean): void {
    if (endStream) this.answer();
  }
  decodeData(_chunk: Uint8Array, endStream: boolean): void {
    if (endStream) this.answer();
  }
  decodeTrailers(): void {
    this.answer();
  }
  onReset(): void {}
  onHeadTimeout(): void {}
  onCodecError(): void {}
  onComplete(): void {}
  private answer(): void {
    this.encoder.encode1xxHeaders(new Headers([":status", "103", "x-a", "1"]));
    this.encoder.encodeHeaders(new Headers([":status", "200", "x-b", "22"]), false);
    this.encoder.encodeData(Buffer.from("hello"), false);
    this.encoder.encodeTrailers(new Headers(["x-c", "333"]));
  }
}

function serve(chunks: readonly string[], trailers = true): ByteMeter[] {
  const meters: ByteMeter[] = [];
  const codec = new Http1ServerCodec(
    connection(),
    {
      newStream: (encoder) => {
        const stream = new Answering(encoder);
        meters.push(stream.meter);
        return stream;
      },
      onProtocolError: () => {},
      onFlood: () => {},
      onHeadersDropped: () => {},
      onHeadBegun: () => {},
    },
    {
      ...LIMITS,
      trailers,
      acceptHttp10: false,
      underscores: "allow",
      anyMethod: false,
      allowAbsoluteUrl: true,
      httpsNeedsTls: false,
      defaultHostForHttp10: "",
      ignoredUpgrades: [],
      keepsOpenOnInvalidMessage: false,
      stats: createHttp1Stats(discardingStats()),
    },
  );
  for (const chunk of chunks) codec.dispatch(Buffer.from(chunk, "latin1"));
  return meters;
}

const received = (meter: ByteMeter | undefined): (number | undefined)[] => [
  meter?.wireBytesReceived,
  meter?.headerBytesReceived,
  meter?.decompressedHeaderBytesReceived,
];
const sent = (meter: ByteMeter | undefined): (number | undefined)[] => [
  meter?.wireBytesSent,
  meter?.headerBytesSent,
  meter?.decompressedHeaderBytesSent,
];

const GET = "GET / HTTP/1.1\r\nHost:  a \r\nx:\r\n\r\n";
const ANSWER =
  "HTTP/1.1 103 Unknown\r\nx-a: 1\r\n\r\nHTTP/1.1 200 OK\r\nx-b: 22\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-c: 333\r\n\r\n";
const FIELDS = "x-a: 1\r\nx-b: 22\r\ntransfer-encoding: chunked\r\nx-c: 333\r\n";

test("a request's lines count without the space around their values, an answer's as they are written", () => {
  const [meter] = serve([GET]);
  assert.deepEqual(received(meter), [GET.length, 12, 12]);
  assert.deepEqual(sent(meter), [ANSWER.length, FIELDS.length, FIELDS.length]);
});

test("however it is cut, each request has the bytes that came for it; what waits behind one counts for both", () => {
  const post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc";
  const cut = serve([...`${post}${GET}`]);
  assert.deepEqual(cut.map(received), [
    [post.length, 26, 26],
    [GET.length, 12, 12],
  ]);
  const whole = serve([`${post}${GET}`]);
  assert.deepEqual(
    whole.map(({ wireBytesReceived }) => wireBytesReceived),
    [post.length + GET.length, GET.length],
  );
});

test("trailers of a request are header bytes where they are taken", () => {
  const post = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-t: 1\r\n\r\n";
  assert.deepEqual(received(serve([post])[0]), [post.length, 42, 35]);
  assert.deepEqual(received(serve([post], false)[0]), [post.length, 35, 35]);
});

test("a head that cannot be read has no header bytes, one without fields has three", () => {
  const [broken, bare] = ["host: a\r\na b: c\r\n", ""].map((lines) => `GET / HTTP/1.1\r\n${lines}\r\n`);
  assert.deepEqual(received(serve([broken ?? ""])[0]), [broken?.length, 0, 0]);
  assert.deepEqual(received(serve([bare ?? ""])[0]), [bare?.length, 3, 3]);
});

test("an exchange with an upstream, whose heads count all that came before", () => {
  const meter = new ByteMeter();
  const response: ResponseStream = {
    meter,
    decode1xxHeaders: () => {},
    decodeHeaders: () => {},
    decodeData: () => {},
    decodeTrailers: () => {},
    onReset: () => {},
  };
  const codec = new Http1ClientCodec(
    connection(),
    {
      onStreamClosed: () => {},
      onGoAway: () => {},
      onStreamLimit: () => {},
      onProtocolError: () => {},
    },
    { ...LIMITS, trailers: true, fullyQualifiedUrl: false },
  );
  const encoder = codec.newStream(response);
  encoder.encodeHeaders(new Headers([":method", "POST", ":path", "/", ":authority", "a", "x-b", "1"]), false);
  encoder.encodeData(Buffer.from("hello"), true);
  const fields = "host: a\r\nx-b: 1\r\ntransfer-encoding: chunked\r\n";
  const bytes = `POST / HTTP/1.1\r\n${fields}\r\n5\r\nhello\r\n0\r\n\r\n`.length;
  assert.deepEqual(sent(meter), [bytes, fields.length, fields.length]);
  codec.dispatch(Buffer.from(ANSWER));
  assert.deepEqual(received(meter), [ANSWER.length, 7 + 8 + 27 + 9, 7 + 42]);
});
