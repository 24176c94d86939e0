import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { ByteMeter } from "../../stream-info/byte-meter.ts";
import type {
  ClientCodec,
  ClientCodecCallbacks,
  RequestEncoder,
  ResponseStream,
  StreamResetReason,
} from "../codec.ts";
import { Headers } from "../header-map.ts";
import { joinedInTrailers } from "../inline-headers.ts";
import { joinLines } from "../joined-headers.ts";
import { CLIENT_PREFACE, Http2ErrorCode, SettingId, STREAM_ID_MAX } from "./frames.ts";
import type { HeaderBlock } from "./hpack/hpack-decoder.ts";
import { Http2Connection, type Http2Setup } from "./http2-connection.ts";
import { protocolError, streamClosedError } from "./http2-error.ts";
import { Http2Stream } from "./http2-stream.ts";
import { isTrailerSection } from "./request-head.ts";
import { type ResponseHead, readResponseHead } from "./response-head.ts";

/** What a cluster gives its HTTP/2 connections. */
export type Http2ClientSetup = Http2Setup;

/** HTTP/2, client side: this side opens streams, each is a request. Preface and SETTINGS go out with the first turn. */
export class Http2ClientCodec extends Http2Connection implements ClientCodec {
  readonly protocol = "HTTP/2";
  activeStreams = 0;
  private readonly callbacks: ClientCodecCallbacks;
  private nextStreamId = 1;
  private peerStreamsMax = Number.POSITIVE_INFINITY;
  private goingAway = false;

  constructor(connection: SocketConnection, callbacks: ClientCodecCallbacks, setup: Http2ClientSetup) {
    super(connection, setup, false);
    this.callbacks = callbacks;
    this.sender.preface(this.options, [[SettingId.EnablePush, 0]], CLIENT_PREFACE);
  }

  get maxConcurrentStreams(): number {
    return Math.min(this.options.maxConcurrentStreams, this.peerStreamsMax);
  }

  newStream(response: ResponseStream): RequestEncoder {
    this.keepalive?.onNewStream();
    this.activeStreams++;
    return new ClientStream(this, response);
  }

  dispatch(chunk: Buffer): void {
    this.read(chunk);
  }

  onConnectionClosed(reason: StreamResetReason, transportFailure: string): boolean {
    this.dispose();
    return this.endAll(reason, transportFailure);
  }

  /** A stream's first HEADERS are about to go: it gets its number. */
  open(stream: ClientStream): void {
    stream.id = this.nextStreamId;
    stream.sendWindow = this.sender.peerStreamWindow;
    this.nextStreamId += 2;
    this.streams.add(stream);
    // No number is left for a further stream.
    if (this.nextStreamId > STREAM_ID_MAX) this.announceGoAway(false);
  }

  /** After a stream's own `response` was told. */
  onStreamOver(complete: boolean): void {
    this.activeStreams--;
    this.callbacks.onStreamClosed(!this.failed, complete);
  }

  private announceGoAway(failed: boolean): void {
    if (this.goingAway) return;
    this.goingAway = true;
    this.callbacks.onGoAway(failed);
  }

  private endAll(reason: StreamResetReason, transportFailure: string): boolean {
    let cut = false;
    for (const stream of [...this.streams.values()]) {
      if (stream.closed || !(stream instanceof ClientStream)) continue;
      cut = true;
      this.discard(stream);
      stream.end(reason, transportFailure);
    }
    return cut;
  }

  override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.nextStreamId;
  }

  protected override onPeerSetting(id: number, value: number): void {
    if (id !== SettingId.MaxConcurrentStreams || value === this.peerStreamsMax) return;
    this.peerStreamsMax = value;
    this.callbacks.onStreamLimit();
  }

  protected override onPeerReset(): void {
    // Upstreams may reset what they like.
  }

  protected override onPeerGoAway(lastStreamId: number, code: number): void {
    this.announceGoAway(code !== Http2ErrorCode.NoError);
    for (const stream of [...this.streams.values()]) {
      if (stream.closed || stream.id <= lastStreamId || !(stream instanceof ClientStream)) continue;
      // The peer has not looked at it: it may be sent again elsewhere.
      this.discard(stream);
      stream.end("remote refused stream reset", "");
    }
  }

  protected override onConnectionError(details: string, flood: boolean): void {
    this.dispose();
    this.endAll(flood ? "connection termination" : "protocol error", "");
    this.callbacks.onProtocolError({ status: 502, details, message: details });
  }

  protected override onHeaderBlock(
    streamId: number,
    stream: Http2Stream | undefined,
    block: HeaderBlock,
    endStream: boolean,
  ): void {
    if (!(stream instanceof ClientStream)) {
      if (this.isIdle(streamId)) this.fail(protocolError("HEADERS on an idle stream"));
      return;
    }
    this.countBlock(stream, block);
    if (stream.remoteEnded) {
      this.fail(streamClosedError("HEADERS behind the end of the message"));
    } else if (this.refuseLargeHead(streamId, block)) return;
    else if (stream.headSeen) this.onTrailers(stream, block, endStream);
    else this.onResponse(stream, block, endStream);
  }

  private onTrailers(stream: ClientStream, block: HeaderBlock, endStream: boolean): void {
    if (
      endStream &&
      isTrailerSection(block) &&
      (stream.expectedBytes < 0 || stream.receivedBytes === stream.expectedBytes)
    ) {
      const joined = joinedInTrailers(false);
      const fields = joined.size === 0 ? block.fields : joinLines(block.fields, joined);
      stream.receiveTrailers(new Headers(fields.slice()));
    } else this.failMessage(stream.id, "http2.violation.of.messaging.rule");
  }

  private onResponse(stream: ClientStream, block: HeaderBlock, endStream: boolean): undefined {
    const head = (block.meaning as ResponseHead | undefined) ?? readResponseHead(block);
    block.meaning = head;
    if (head === undefined || (endStream && head.status < 200)) {
      this.failMessage(stream.id, "http2.invalid.header.field");
      return;
    }
    const bodiless = stream.toHead || head.status === 204 || head.status === 304;
    if (endStream && !bodiless && head.contentLength > 0) {
      this.failMessage(stream.id, "http2.violation.of.messaging.rule");
      return;
    }
    stream.receiveHead(head, endStream, bodiless);
  }
}

/** A request and the stream that takes its response. */
class ClientStream extends Http2Stream implements RequestEncoder {
  readonly protocol = "HTTP/2";
  protected override readonly session: Http2ClientCodec;
  protected override decoder: ResponseStream | undefined;
  headSeen = false;
  toHead = false;
  private upgrade = "";

  constructor(session: Http2ClientCodec, response: ResponseStream) {
    super(session, 0);
    this.session = session;
    this.decoder = response;
  }

  encodeHeaders(headers: Headers, endStream: boolean): void {
    if (this.closed) return;
    const method = headers.get(":method");
    this.toHead = method === "HEAD";
    this.upgrade = headers.get("upgrade") ?? "";
    if (this.upgrade !== "" && !headers.has(":path")) {
      // A CONNECT that asks for an upgrade: no extended CONNECT is without a path (RFC 8441 §4).
      this.localEnded = true;
      queueMicrotask(() => this.refuse());
      return;
    }
    const fields =
      this.upgrade !== ""
        ? extendedConnect(headers.fields, this.upgrade)
        : method === "CONNECT"
          ? plainConnect(headers.fields)
          : headers.fields;
    this.session.open(this);
    if (endStream) this.localEnded = true;
    this.session.sender.headers(this, fields, endStream);
    if (endStream) this.finishSending();
  }

  private refuse(): void {
    if (this.closed) return;
    this.closed = true;
    this.end("protocol error", "");
  }

  override get meter(): ByteMeter | undefined {
    return this.decoder?.meter;
  }

  endsConnection(): void {}

  reset(): void {
    if (this.closed) return;
    if (this.id === 0) this.closed = true;
    // As Envoy, whatever the reason.
    else this.session.resetStream(this, Http2ErrorCode.InternalError);
    this.decoder = undefined;
    this.session.onStreamOver(false);
  }

  receiveHead(head: ResponseHead, endStream: boolean, bodiless: boolean): undefined {
    const { decoder } = this;
    if (head.status < 200) {
      decoder?.decode1xxHeaders(new Headers(head.fields.slice()));
      return;
    }
    this.headSeen = true;
    if (!bodiless) this.expectedBytes = head.contentLength;
    if (endStream) this.remoteEnded = true;
    const headers = new Headers(head.fields.slice());
    if (this.upgrade !== "" && head.status === 200) {
      // HTTP/1's answer to an upgrade, which is what everything before this codec knows (RFC 8441 §5).
      headers.set(":status", "101");
      headers.set("upgrade", this.upgrade);
      headers.set("connection", "upgrade");
    }
    decoder?.decodeHeaders(headers, endStream);
    if (endStream) this.finishReceiving();
  }

  onReset(code: number, byPeer: boolean, _details: string): void {
    if (byPeer && code === Http2ErrorCode.RefusedStream) this.end("remote refused stream reset", "");
    else if (byPeer && code === Http2ErrorCode.ConnectError) this.end("connect error", "");
    else this.end(!byPeer && code === Http2ErrorCode.ProtocolError ? "protocol error" : "remote reset", "");
  }

  end(reason: StreamResetReason, transportFailure: string): void {
    const { decoder } = this;
    this.decoder = undefined;
    decoder?.onReset(reason, transportFailure);
    this.session.onStreamOver(false);
  }

  onComplete(): void {
    this.decoder = undefined;
    this.session.onStreamOver(true);
  }
}

/** HTTP/1's upgrade as RFC 8441 has it. */
function extendedConnect(fields: readonly string[], upgrade: string): string[] {
  const out = [":method", "CONNECT", ":protocol", upgrade];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (name === ":method" || name === "upgrade" || name === "connection") continue;
    if (name === "content-length" && fields[i + 1] === "0") continue;
    out.push(name, fields[i + 1] ?? "");
  }
  return out;
}

/** CONNECT has neither scheme nor path (RFC 9113 §8.5). */
function plainConnect(fields: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (name !== ":scheme" && name !== ":path") out.push(name, fields[i + 1] ?? "");
  }
  return out;
}
