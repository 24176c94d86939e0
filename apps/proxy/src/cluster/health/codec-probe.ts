import type { Socket } from "node:net";
import { type ConnectionSink, SocketConnection } from "../../connection/socket-connection.ts";
import { enterTurn, leaveTurn } from "../../event/turn.ts";
import type {
  ClientCodec,
  ClientCodecCallbacks,
  CodecError,
  RequestEncoder,
  ResponseStream,
  StreamResetReason,
} from "../../http/codec.ts";
import type { Headers } from "../../http/header-map.ts";
import { tlsInfoOf, whenTransportReady } from "../../transport-socket/upstream-transport-socket.ts";
import type { Probe, ProbeSink } from "./health-check-session.ts";

const BUFFER_LIMIT_BYTES = 64 * 1024;
/** Of a body whose whole length is asked for. */
const BODY_BYTES_MAX = 1024 * 1024;

export interface ProbeAnswer {
  readonly headers: Headers;
  readonly trailers: Headers | undefined;
  readonly body: Buffer;
}

/** What a check by request is about; the probe does the rest. */
export interface RequestCheck {
  request(): { readonly headers: Headers; readonly body: Uint8Array };
  /** Bytes of the body that are kept. */
  readonly bodyBytes: number;
  /** Tells the sink what the answer means. */
  judge(answer: ProbeAnswer, sink: ProbeSink): void;
}

export interface CodecProbeOptions {
  readonly check: RequestCheck;
  readonly reuse: boolean;
  connect(): Socket;
  /** `alpn`: what TLS has settled on. */
  createCodec(
    connection: SocketConnection,
    callbacks: ClientCodecCallbacks,
    alpn: string | undefined,
  ): ClientCodec;
  readonly sink: ProbeSink;
  onProtocolError(): void;
}

/** Sends one request per check over a connection of its own, through the codecs that requests use. */
export class CodecProbe implements Probe, ConnectionSink, ClientCodecCallbacks, ResponseStream {
  readonly meter = undefined;
  readonly #options: CodecProbeOptions;
  #connection: SocketConnection | undefined;
  #codec: ClientCodec | undefined;
  #connected = false;
  #waiting = false;
  #encoder: RequestEncoder | undefined;
  #headers: Headers | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;

  constructor(options: CodecProbeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#waiting = true;
    this.#headers = undefined;
    this.#body = [];
    this.#bodyBytes = 0;
    if (this.#connection === undefined) this.#open();
    else if (this.#connected) this.#send();
  }

  abandon(): void {
    this.#waiting = false;
    this.close();
  }

  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#codec = undefined;
    this.#encoder = undefined;
    this.#connected = false;
    connection?.close("noFlush", "health check");
  }

  // ── the connection ──────────────────────────────────────────────────────────────────────────────────────────────────

  #open(): void {
    const socket = this.#options.connect();
    const connection = new SocketConnection(socket, BUFFER_LIMIT_BYTES);
    this.#connection = connection;
    connection.attach(this);
    whenTransportReady(socket, () => {
      if (this.#connection !== connection) return;
      this.#connected = true;
      enterTurn();
      this.#codec = this.#options.createCodec(connection, this, tlsInfoOf(socket)?.alpn);
      this.#send();
      leaveTurn();
    });
  }

  #send(): void {
    const codec = this.#codec;
    if (codec === undefined || !this.#waiting) return;
    const { headers, body } = this.#options.check.request();
    const encoder = codec.newStream(this);
    this.#encoder = encoder;
    encoder.encodeHeaders(headers, body.length === 0);
    if (body.length > 0) encoder.encodeData(body, true);
  }

  onData(chunk: Buffer, endStream: boolean): void {
    if (chunk.length > 0) this.#codec?.dispatch(chunk);
    if (endStream) this.#connection?.close("noFlush", "");
  }

  onClose(): void {
    const codec = this.#codec;
    this.#connection = undefined;
    this.#codec = undefined;
    this.#connected = false;
    codec?.onConnectionClosed("connection termination", "");
    this.#fail();
  }

  onStreamClosed(reusable: boolean): void {
    this.#encoder = undefined;
    if (!reusable || !this.#options.reuse) this.close();
  }
  /** A check that is under way may end, unless the host gives up for an error. */
  onGoAway(failed: boolean): void {
    if (this.#encoder !== undefined && !failed) return;
    this.close();
    this.#fail();
  }
  onStreamLimit(): void {
    // One stream at a time.
  }
  onProtocolError(_error: CodecError): void {
    this.#options.onProtocolError();
    this.close();
    this.#fail();
  }

  // ── the response ────────────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(_headers: Headers): void {
    // The answer is still to come.
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    this.#headers = headers;
    if (endStream) this.#judge(undefined);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    const room = Math.min(this.#options.check.bodyBytes || BODY_BYTES_MAX, BODY_BYTES_MAX) - this.#bodyBytes;
    if (room > 0) {
      const kept = Buffer.from(chunk.subarray(0, room));
      this.#body.push(kept);
      this.#bodyBytes += kept.length;
    }
    if (endStream) this.#judge(undefined);
  }

  decodeTrailers(trailers: Headers): void {
    this.#judge(trailers);
  }

  onReset(_reason: StreamResetReason, _transportFailure: string): void {
    this.#encoder = undefined;
    this.#fail();
  }

  #judge(trailers: Headers | undefined): void {
    const headers = this.#headers;
    if (!this.#waiting || headers === undefined) return;
    this.#waiting = false;
    this.#options.check.judge({ headers, trailers, body: Buffer.concat(this.#body) }, this.#options.sink);
  }

  #fail(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#options.sink.onFailure("network", false, false);
  }
}
