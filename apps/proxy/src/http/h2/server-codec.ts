import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { EndableStream, StreamSource } from "../../overload/high-memory-streams.ts";
import type { ByteMeter } from "../../stream-info/byte-meter.ts";
import type {
  RequestStream,
  ResponseEncoder,
  ServerCodec,
  ServerCodecCallbacks,
  StreamProtocol,
  StreamResetReason,
} from "../codec.ts";
import { Headers } from "../header-map.ts";
import { joinedInTrailers } from "../inline-headers.ts";
import { joinLines } from "../joined-headers.ts";
import { FORCED_GOAWAY } from "../note-reset.ts";
import { Ended } from "./closed-streams.ts";
import { Http2ErrorCode, STREAM_ID_MAX } from "./frames.ts";
import type { HeaderBlock } from "./hpack/hpack-decoder.ts";
import { Http2Connection, type Http2Setup } from "./http2-connection.ts";
import { floodError, internalError, protocolError, streamClosedError } from "./http2-error.ts";
import { Http2Stream } from "./http2-stream.ts";
import { isTrailerSection, type RequestHead, readRequestHead } from "./request-head.ts";
import { ResetAllowance } from "./reset-allowance.ts";

export interface Http2ServerSetup extends Http2Setup {
  readonly underscores: "allow" | "reject" | "drop";
}

/** HTTP/2, server side: the peer opens streams, each is a request. */
export class Http2ServerCodec extends Http2Connection implements ServerCodec, StreamSource {
  readonly multiplexed = true;
  readonly reusable = true;
  protected override readonly setup: Http2ServerSetup;
  private readonly callbacks: ServerCodecCallbacks;
  private resets: ResetAllowance | undefined = undefined;
  /** Streams above it are not taken any more. */
  private acceptedStreamIdMax = STREAM_ID_MAX;

  constructor(connection: SocketConnection, callbacks: ServerCodecCallbacks, setup: Http2ServerSetup) {
    super(connection, setup, true);
    this.setup = setup;
    this.callbacks = callbacks;
    this.sender.preface(this.options, [], "");
  }

  get streamSource(): StreamSource {
    return this;
  }

  visitStreams(visit: (heldBytes: number, stream: EndableStream) => void): void {
    for (const stream of [...this.streams.values()]) {
      if (stream instanceof ServerStream)
        visit(stream.bufferedBytes + (stream.request?.heldBytes ?? 0), stream);
    }
  }

  get busy(): boolean {
    return this.streams.size > 0 || this.readingHead;
  }

  dispatch(chunk: Buffer): void {
    this.read(chunk);
  }

  stop(): void {
    this.dispose();
    for (const stream of [...this.streams.values()]) this.discard(stream);
  }

  onConnectionClosed(details: string): void {
    this.dispose();
    this.resetAll(Http2ErrorCode.NoError, false, details);
  }

  endsCleanly(): boolean {
    return false;
  }

  notifyShutdown(): void {
    this.sender.goAway(STREAM_ID_MAX, Http2ErrorCode.NoError);
  }

  goAway(): void {
    this.acceptedStreamIdMax = this.lastPeerStreamId;
    this.stats.counters.goaway_sent.inc();
    this.sender.goAway(this.lastPeerStreamId, Http2ErrorCode.NoError);
  }

  failOverloaded(): void {
    this.notifyShutdown();
    this.goAway();
    this.dispose();
    this.resetAll(Http2ErrorCode.NoError, false, FORCED_GOAWAY);
  }

  failHead(): void {
    this.fail(floodError("request_header_timeout"));
  }

  override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.lastPeerStreamId;
  }

  protected override onPeerSetting(): void {
    // Nothing else matters to a server that pushes nothing.
  }

  protected override onPeerGoAway(): void {
    // The peer will take no pushes: there are none.
  }

  protected override onPeerReset(): void {
    const nowMs = this.setup.context.clock.nowMs();
    this.resets ??= new ResetAllowance(this.options.streamResetBurst, this.options.streamResetRate, nowMs);
    if (!this.resets.take(nowMs)) this.fail(internalError("too many stream resets"));
  }

  protected override onConnectionError(details: string, flood: boolean): void {
    const cut = this.streamFailed || this.streams.size > 0;
    for (const stream of [...this.streams.values()]) {
      this.discard(stream);
      if (stream instanceof ServerStream) stream.onConnectionError(details);
    }
    this.dispose();
    if (flood) this.callbacks.onFlood(details, cut);
    else this.callbacks.onProtocolError({ status: 400, details, message: details }, cut);
  }

  protected override onHeaderBlock(
    streamId: number,
    stream: Http2Stream | undefined,
    block: HeaderBlock,
    endStream: boolean,
  ): void {
    if (stream !== undefined) {
      this.countBlock(stream, block);
      this.onTrailers(stream, block, endStream);
    } else if (streamId % 2 === 0) this.fail(protocolError("a client's stream is odd"));
    else if (streamId <= this.lastPeerStreamId) this.onLateHeaders(streamId);
    else if (streamId <= this.acceptedStreamIdMax) {
      this.lastPeerStreamId = streamId;
      this.onRequest(streamId, block, endStream);
    }
  }

  private onLateHeaders(streamId: number): undefined {
    const ended = this.streams.endOf(streamId);
    if (ended === Ended.ResetHere) return;
    if (ended === Ended.Unknown) this.fail(protocolError("stream numbers must grow"));
    else this.fail(streamClosedError("HEADERS on a closed stream"));
  }

  private onTrailers(stream: Http2Stream, block: HeaderBlock, endStream: boolean): undefined {
    if (stream.remoteEnded) {
      this.fail(streamClosedError("HEADERS behind the end of the message"));
      return;
    }
    this.stats.counters.trailers.inc();
    const dropped = this.setup.underscores === "allow" ? 0 : this.takeUnderscores(stream, block);
    if (dropped < 0) return;
    if (!isTrailerSection(block)) this.failMessage(stream.id, INVALID_FIELD);
    else if (!endStream || (stream.expectedBytes >= 0 && stream.receivedBytes !== stream.expectedBytes)) {
      this.failMessage(stream.id, BROKEN_RULE);
    } else if (!this.refuseLargeHead(stream.id, block, dropped)) {
      const joined = joinedInTrailers(true);
      const fields = joined.size === 0 ? block.fields : joinLines(block.fields, joined);
      const trailers = new Headers(fields.slice());
      if (dropped > 0) trailers.removeWhere((name) => name.includes("_"));
      stream.receiveTrailers(trailers);
    }
  }

  /** Of trailers; answers how many are to go, -1 where the stream has to. */
  private takeUnderscores(stream: Http2Stream, { fields }: HeaderBlock): number {
    let count = 0;
    for (let i = 0; i < fields.length; i += 2) if (fields[i]?.includes("_") === true) count++;
    if (count > 0 && this.setup.underscores === "reject") {
      this.refuseUnderscore(stream.id);
      return -1;
    }
    this.dropUnderscores(stream, count);
    return count;
  }

  private refuseUnderscore(streamId: number): void {
    this.stats.counters.requests_rejected_with_underscores_in_headers.inc();
    this.failStream(streamId, Http2ErrorCode.InternalError, UNDERSCORE);
  }

  private dropUnderscores(stream: Http2Stream, count: number): void {
    if (count === 0) return;
    this.stats.counters.dropped_headers_with_underscores.add(count);
    this.callbacks.onHeadersDropped(count);
    if (stream instanceof ServerStream) stream.details = UNDERSCORE;
  }

  private onRequest(streamId: number, block: HeaderBlock, endStream: boolean): undefined {
    if (this.streams.size >= this.options.maxConcurrentStreams) {
      // Whoever has acknowledged the limit breaks it knowingly: as Envoy, an error of the connection.
      if (this.settingsAcknowledged) {
        this.fail(protocolError("more streams than SETTINGS_MAX_CONCURRENT_STREAMS"));
        return;
      }
      this.stats.counters.stream_refused_errors.inc();
      this.failStream(streamId, Http2ErrorCode.RefusedStream, "");
      return;
    }
    const stream = new ServerStream(this, streamId);
    this.streams.add(stream);
    stream.request = this.callbacks.newStream(stream);
    this.countBlock(stream, block);
    let head = block.meaning as RequestHead | undefined;
    if (head === undefined) {
      head = readRequestHead(block, {
        allowConnect: this.options.allowConnect,
        underscores: this.setup.underscores,
      });
      block.meaning = head;
    }
    this.dropUnderscores(stream, head.underscores);
    if (head.flaw === "underscore") {
      this.refuseUnderscore(streamId);
      return;
    }
    if (this.refuseLargeHead(streamId, block, head.underscores)) return;
    if (head.flaw !== "" || (endStream && head.contentLength > 0)) {
      this.failMessage(streamId, head.flaw === "field" ? INVALID_FIELD : BROKEN_RULE);
      return;
    }
    stream.toHead = head.toHead;
    stream.upgrade = head.upgrade;
    stream.expectedBytes = head.contentLength;
    stream.remoteEnded = endStream;
    stream.request.decodeHeaders(new Headers(head.fields.slice()), endStream);
  }
}

/** A request and what answers it. */
class ServerStream extends Http2Stream implements ResponseEncoder, EndableStream {
  readonly protocol: StreamProtocol = "HTTP/2";
  request: RequestStream | undefined = undefined;
  toHead = false;
  upgrade = "";
  /** What is told of the stream if it ends before its time, whatever ends it; "": what does. As Envoy, whose first word stays. */
  details = "";

  protected override get decoder(): RequestStream | undefined {
    return this.request;
  }

  override get meter(): ByteMeter | undefined {
    return this.request?.meter;
  }

  encode1xxHeaders(headers: Headers): void {
    if (!this.closed) this.session.sender.headers(this, headers.fields, false);
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    if (this.closed || this.localEnded) return;
    if (this.upgrade !== "" && headers.get(":status") === "101") {
      // What HTTP/1 answers by 101 is any success here (RFC 8441 §5).
      headers.set(":status", "200");
    }
    if (endStream) this.localEnded = true;
    this.session.sender.headers(this, headers.fields, endStream);
    if (endStream) this.finishSending();
  }

  override encodeData(chunk: Uint8Array, endStream: boolean): void {
    if (!this.toHead) super.encodeData(chunk, endStream);
    else if (endStream) super.encodeData(EMPTY, true);
  }

  reset(reason: StreamResetReason): string {
    const code = this.localEnded ? Http2ErrorCode.NoError : Http2ErrorCode.InternalError;
    this.session.resetStream(this, RESET_CODES[reason] ?? code);
    this.request = undefined;
    return this.details;
  }

  endOverloaded(): void {
    const { request } = this;
    this.session.resetStream(this, Http2ErrorCode.InternalError);
    this.request = undefined;
    request?.onReset("overload manager", "overload");
  }

  timeOutFlush(): void {
    this.session.stats.counters.tx_flush_timeout.inc();
    this.session.resetStream(this, Http2ErrorCode.InternalError);
    this.request = undefined;
  }

  refuseReuse(): void {
    // Other streams have nothing to do with this one.
  }

  leaveUnread(): void {
    // As in Envoy, where the end comes with the last of the body.
  }

  onReset(code: number, byPeer: boolean, cause: string): void {
    const { request } = this;
    const details = this.details || cause;
    this.request = undefined;
    if (!byPeer && code === Http2ErrorCode.NoError) request?.onReset("connection termination", details);
    else if (!byPeer && code === Http2ErrorCode.ProtocolError) request?.onReset("protocol error", details);
    else if (code === Http2ErrorCode.RefusedStream) request?.onReset("remote refused stream reset", details);
    else if (code === Http2ErrorCode.ConnectError) request?.onReset("connect error", details);
    else request?.onReset("remote reset", details);
  }

  onConnectionError(details: string): void {
    const { request } = this;
    this.request = undefined;
    request?.onReset("protocol error", this.details || `codec_error:${details.replaceAll(" ", "_")}`);
  }

  onComplete(): void {
    const { request } = this;
    this.request = undefined;
    request?.onComplete();
  }
}

const EMPTY = Buffer.alloc(0);
/** Envoy's details. */
const INVALID_FIELD = "http2.invalid.header.field";
const BROKEN_RULE = "http2.violation.of.messaging.rule";
const UNDERSCORE = "http2.unexpected_underscore";

const RESET_CODES: Readonly<Partial<Record<StreamResetReason, number>>> = {
  "local refused stream reset": Http2ErrorCode.RefusedStream,
  "connect error": Http2ErrorCode.ConnectError,
};
