import type { Socket } from "node:net";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { isGrpcContentType } from "@sluice/matching";
import { type ConnectionSink, SocketConnection } from "../../connection/socket-connection.ts";
import { enterTurn, leaveTurn } from "../../event/turn.ts";
import { frameMessage } from "../../grpc/frame-message.ts";
import { GrpcStatus, grpcStatusOfHttp } from "../../grpc/grpc-status.ts";
import { MessageReader } from "../../grpc/message-reader.ts";
import type {
  ClientCodec,
  ClientCodecCallbacks,
  ResponseStream,
  StreamResetReason,
} from "../../http/codec.ts";
import { Headers } from "../../http/header-map.ts";
import { decodeOrcaReport } from "../../orca/decode-orca-report.ts";
import type { OrcaReport } from "../../orca/orca-report.ts";
import { tlsInfoOf, whenTransportReady } from "../../transport-socket/upstream-transport-socket.ts";

const METHOD = "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics";
const BUFFER_LIMIT_BYTES = 64 * 1024;
/** Of one report. */
const REPORT_BYTES_MAX = 64 * 1024;

/** Who hears of a stream. Nothing follows `onEnd`. */
export interface LoadStreamSink {
  onReport(report: OrcaReport): void;
  /** Once. `unsupported`: the host says that it has no such service. */
  onEnd(unsupported: boolean): void;
}

export interface LoadStreamOptions {
  readonly authority: string;
  readonly periodMs: number;
  connect(): Socket;
  createCodec(connection: SocketConnection, callbacks: ClientCodecCallbacks): ClientCodec;
  readonly sink: LoadStreamSink;
}

/** One call of xds.service.orca.v3.OpenRcaService/StreamCoreMetrics over a connection of its own. */
export class LoadStream implements ConnectionSink, ClientCodecCallbacks, ResponseStream {
  readonly meter = undefined;
  readonly #options: LoadStreamOptions;
  readonly #reader: MessageReader;
  #connection: SocketConnection | undefined;
  #codec: ClientCodec | undefined = undefined;
  /** The host takes no further streams: the next report is the last one here. */
  #goingAway = false;
  #broken = false;

  constructor(options: LoadStreamOptions) {
    this.#options = options;
    this.#reader = new MessageReader(REPORT_BYTES_MAX, (message) => this.#onMessage(message));
    const socket = options.connect();
    const connection = new SocketConnection(socket, BUFFER_LIMIT_BYTES);
    this.#connection = connection;
    connection.attach(this);
    whenTransportReady(socket, () => {
      if (this.#connection !== connection) return;
      enterTurn();
      this.#codec = options.createCodec(connection, this);
      this.#ask(this.#codec, tlsInfoOf(socket) !== undefined);
      leaveTurn();
    });
  }

  /** Gives the connection up; nothing is told any more. */
  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#codec = undefined;
    connection?.close("noFlush", "load reports");
  }

  #ask(codec: ClientCodec, secure: boolean): void {
    const encoder = codec.newStream(this);
    encoder.encodeHeaders(
      new Headers([
        ":method",
        "POST",
        ":path",
        METHOD,
        ":authority",
        this.#options.authority,
        ":scheme",
        secure ? "https" : "http",
        "te",
        "trailers",
        "content-type",
        "application/grpc",
      ]),
      false,
    );
    encoder.encodeData(encodeRequest(this.#options.periodMs), true);
  }

  // ── the connection ──────────────────────────────────────────────────────────────────────────────────────────────────

  onData(chunk: Buffer, endStream: boolean): void {
    if (chunk.length > 0) this.#codec?.dispatch(chunk);
    if (endStream) this.#end(false);
  }

  onClose(): void {
    this.#end(false);
  }

  onStreamClosed(): void {
    this.#end(false);
  }
  onGoAway(): void {
    this.#goingAway = true;
  }
  onStreamLimit(): void {
    // One stream is all that is wanted.
  }
  onProtocolError(): void {
    this.#end(false);
  }

  // ── the response ────────────────────────────────────────────────────────────────────────────────────────────────────

  decode1xxHeaders(_headers: Headers): void {
    // The answer is still to come.
  }

  decodeHeaders(headers: Headers, endStream: boolean): void {
    const http = headers.get(":status") ?? "";
    const own = endStream ? headers.get("grpc-status") : undefined;
    if (own !== undefined) this.#complete(own);
    else if (endStream || http !== "200" || !isGrpcContentType(headers.get("content-type")))
      this.#end(grpcStatusOfHttp(Number(http)) === GrpcStatus.Unimplemented);
  }

  decodeData(chunk: Uint8Array, endStream: boolean): void {
    if (!this.#reader.read(chunk) || this.#broken || endStream) this.#end(false);
    else if (this.#goingAway) this.#end(false);
  }

  decodeTrailers(trailers: Headers): void {
    this.#complete(trailers.get("grpc-status") ?? "");
  }

  onReset(_reason: StreamResetReason, _transportFailure: string): void {
    this.#end(false);
  }

  #onMessage(message: Buffer): void {
    // An empty one says nothing.
    if (message.length === 0 || this.#broken || this.#connection === undefined) return;
    const report = decodeOrcaReport(message);
    if (report === undefined) this.#broken = true;
    else this.#options.sink.onReport(report);
  }

  #complete(grpcStatus: string): void {
    this.#end(Number(grpcStatus) === GrpcStatus.Unimplemented);
  }

  #end(unsupported: boolean): void {
    if (this.#connection === undefined) return;
    this.close();
    this.#options.sink.onEnd(unsupported);
  }
}

/** An OrcaLoadReportRequest with its `report_interval`, in its frame. */
function encodeRequest(periodMs: number): Buffer {
  const seconds = Math.floor(periodMs / 1000);
  const nanos = Math.round((periodMs % 1000) * 1e6);
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  if (seconds > 0) writer.tag(1, WireType.Varint).int64(seconds);
  if (nanos > 0) writer.tag(2, WireType.Varint).int32(nanos);
  return frameMessage(writer.join().finish());
}
