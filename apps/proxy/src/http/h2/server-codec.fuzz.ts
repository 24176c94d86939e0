import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { cutAtRandom, type FuzzTarget, headerBlock, http2Frame, requestFields } from "@sluice/harness";
import { SocketConnection } from "../../connection/socket-connection.ts";
import { systemClock, systemRandom, systemTimers } from "../../event/system-time.ts";
import { discardingStats } from "../../stats/thread-stats.ts";
import { ByteMeter } from "../../stream-info/byte-meter.ts";
import type { RequestStream, ResponseEncoder, ServerCodecCallbacks } from "../codec.ts";
import { Headers } from "../header-map.ts";
import { compileHttp2Options } from "./http2-options.ts";
import { createHttp2Stats } from "./http2-stats.ts";
import { Http2ServerCodec, type Http2ServerSetup } from "./server-codec.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const OPEN_STREAMS_MAX = 8;
/** What may wait for the peer whatever it sends, and for each octet of it. */
const OUTPUT_BYTES_MAX = 64 * 1024;
const OUTPUT_BYTES_PER_OCTET = 64;

const SETUP: Http2ServerSetup = {
  options: { ...compileHttp2Options(undefined, true), maxConcurrentStreams: OPEN_STREAMS_MAX },
  stats: createHttp2Stats(discardingStats()),
  context: { clock: systemClock, timers: systemTimers, random: systemRandom },
  headBytesMax: 8192,
  headersMax: 50,
  underscores: "allow",
};

/** Stands for a socket whose peer reads nothing: a connection asks no more of it than this has. */
function deafSocket(): Socket {
  const stream = new Duplex({ read() {}, write() {} });
  return Object.assign(stream, {
    setNoDelay: () => stream,
    resetAndDestroy: () => stream.destroy(),
  }) as unknown as Socket;
}

/** Answers each request when it is whole. */
class Answering implements RequestStream {
  readonly heldBytes = 0;
  readonly meter = new ByteMeter();
  private readonly encoder: ResponseEncoder;
  private readonly note: (what: string) => void;

  constructor(encoder: ResponseEncoder, note: (what: string) => void) {
    this.encoder = encoder;
    this.note = note;
  }
  decodeHeaders(_headers: Headers, endStream: boolean): void {
    this.note(endStream ? "H" : "h");
    if (endStream) this.answer();
  }
  decodeData(_chunk: Uint8Array, endStream: boolean): void {
    this.note(endStream ? "D" : "d");
    if (endStream) this.answer();
  }
  decodeTrailers(): void {
    this.note("T");
    this.answer();
  }
  onReset(): void {
    this.note("r");
  }
  onHeadTimeout(): void {}
  onCodecError(): void {
    this.note("x");
  }
  onComplete(): void {
    this.note("c");
  }
  private answer(): void {
    this.encoder.encodeHeaders(new Headers([":status", "200"]), false);
    this.encoder.encodeData(Buffer.from("hello"), true);
  }
}

const GET = headerBlock(requestFields("/"));
const POST = headerBlock(requestFields("/", "POST"));
const join = (...frames: Buffer[]): Buffer => Buffer.concat(frames);

/** The input is what follows the preface. */
export const http2ServerFuzz: FuzzTarget = {
  name: "HTTP/2 frames and server codec",
  corpus: [
    join(http2Frame(4, 0, 0), http2Frame(1, 5, 1, GET)),
    join(
      http2Frame(4, 0, 0),
      http2Frame(1, 4, 1, POST),
      http2Frame(0, 0, 1, "he"),
      http2Frame(0, 1, 1, "llo"),
    ),
    join(
      http2Frame(4, 0, 0),
      http2Frame(1, 4, 1, POST),
      http2Frame(0, 9, 1, "\x03hello\0\0\0"),
      http2Frame(6, 0, 0, "12345678"),
    ),
    join(
      http2Frame(4, 0, 0, "\0\x04\0\0\x10\0"),
      http2Frame(1, 1, 1, GET.subarray(0, 9)),
      http2Frame(9, 4, 1, GET.subarray(9)),
    ),
    join(
      http2Frame(4, 0, 0),
      http2Frame(1, 4, 1, POST),
      http2Frame(0, 0, 1, "x"),
      http2Frame(1, 5, 1, headerBlock([["t", "1"]])),
    ),
    join(
      http2Frame(4, 0, 0),
      http2Frame(1, 5, 1, GET),
      http2Frame(1, 5, 3, GET),
      http2Frame(3, 0, 3, "\0\0\0\x08"),
      http2Frame(8, 0, 0, "\0\0\x01\0"),
      http2Frame(7, 0, 0, "\0\0\0\0\0\0\0\0"),
    ),
  ],
  dictionary: [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64].map((type) => http2Frame(type, 5, 1)),
    http2Frame(4, 1, 0),
    http2Frame(1, 5, 5, GET),
    http2Frame(1, 4, 7, POST),
    http2Frame(0, 1, 7, "x"),
    http2Frame(2, 0, 1, "\0\0\0\0\x10"),
    http2Frame(8, 0, 1, "\x7f\xff\xff\xff"),
    http2Frame(6, 0, 0, "12345678"),
    http2Frame(3, 0, 1, "\0\0\0\x08"),
    headerBlock([["content-length", "5"]]),
    Buffer.from([0, 0, 0]),
  ],
  run(input, random) {
    let kind = "";
    let failed = false;
    const note = (what: string) => {
      if (kind.length < 40) kind += what;
    };
    const callbacks: ServerCodecCallbacks = {
      newStream: (encoder) => {
        assert.ok(!failed, "no stream begins behind an error of the connection");
        return new Answering(encoder, note);
      },
      onProtocolError: (error) => {
        failed = true;
        note(error.details);
      },
      onFlood: (details) => {
        failed = true;
        note(details);
      },
      onHeadersDropped: () => {},
      onHeadBegun: () => {},
    };
    const connection = new SocketConnection(deafSocket(), 1024 * 1024);
    const codec = new Http2ServerCodec(connection, callbacks, SETUP);
    for (const piece of [PREFACE, ...cutAtRandom(input, random)]) codec.dispatch(piece);
    assert.ok(connection.bufferedBytes <= OUTPUT_BYTES_MAX + OUTPUT_BYTES_PER_OCTET * input.length);
    codec.onConnectionClosed("");
    connection.close("abort", "");
    return kind;
  },
};
