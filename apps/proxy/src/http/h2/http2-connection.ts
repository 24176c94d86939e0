import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import { ClosedStreams, Ended } from "./closed-streams.ts";
import { FrameLimits } from "./frame-limits.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import {
  DEFAULT_FRAME_BYTES_MAX,
  DEFAULT_WINDOW_BYTES,
  FrameFlag,
  FrameType,
  frameHead,
  goAwayFrame,
  Http2ErrorCode,
  headersFrames,
  pingFrame,
  rstStreamFrame,
  SETTINGS_ACK,
  SettingId,
  settingsFrame,
  WINDOW_BYTES_MAX,
  windowUpdateFrame,
} from "./frames.ts";
import { type HeaderBlock, HpackDecoder } from "./hpack/hpack-decoder.ts";
import { HpackEncoder } from "./hpack/hpack-encoder.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stats } from "./http2-stats.ts";
import type { Http2Stream } from "./http2-stream.ts";
import { Keepalive, type KeepaliveContext } from "./keepalive.ts";

/** What a codec gives to its HTTP/2 connection besides the socket. */
export interface Http2Setup {
  readonly options: Http2Options;
  readonly stats: Http2Stats;
  readonly context: KeepaliveContext;
  /** Octets of names and values that a message's head may have. */
  readonly headBytesMax: number;
  /** Fields that it may have. */
  readonly headersMax: number;
}

/** A header block may come in so many frames, and one more for each 4 KiB that a head may have. */
const HEAD_FRAMES_MIN = 16;
const PING_PAYLOAD = "sluice\0\0";

/**
 * HTTP/2 (RFC 9113) as both ends speak it: frames, settings, header compression, flow control, limits. What a header block
 * means, and which streams the peer may open, is the server's or client's part. Errors of the connection end in GOAWAY and
 * `onConnectionError`, once; of a stream in RST_STREAM.
 */
export abstract class Http2Connection implements FrameSink, WatermarkCallbacks {
  readonly connection: SocketConnection;
  readonly options: Http2Options;
  readonly stats: Http2Stats;
  peerStreamWindow = DEFAULT_WINDOW_BYTES;
  peerFrameBytes = DEFAULT_FRAME_BYTES_MAX;
  protected readonly setup: Http2Setup;
  protected readonly reader: FrameReader;
  protected readonly limits: FrameLimits;
  protected readonly streams = new Map<number, Http2Stream>();
  protected readonly closedStreams = new ClosedStreams();
  /** The highest stream that the peer has opened. */
  protected lastPeerStreamId = 0;
  protected failed = false;
  /** The peer knows this side's SETTINGS. */
  protected settingsAcknowledged = false;
  protected readonly keepalive: Keepalive | undefined;
  private readonly decoder: HpackDecoder;
  private readonly encoder: HpackEncoder;
  private settingsSeen = false;
  private sendWindow = DEFAULT_WINDOW_BYTES;
  private recvWindow: number;
  private consumed = 0;
  /** Streams with something to send and no window, in turn. */
  private waiting: Http2Stream[] = [];
  // The header block that is being gathered; `headStreamId` 0: none.
  private headStreamId = 0;
  private headFlags = 0;
  private headParts: Buffer[] = [];
  private headBytes = 0;
  // The DATA frame at hand:
  private dataStream: Http2Stream | undefined = undefined;
  private dataEnds = false;
  /** Where it is padded: octets that have not been passed on; at its end, those that were padding. */
  private paddedBytes = 0;

  constructor(connection: SocketConnection, setup: Http2Setup, isServer: boolean) {
    this.connection = connection;
    this.setup = setup;
    this.options = setup.options;
    this.stats = setup.stats;
    this.reader = new FrameReader(this, isServer);
    this.limits = new FrameLimits(setup.options, setup.stats);
    this.decoder = new HpackDecoder(setup.options.headerTableBytes, setup.headBytesMax);
    this.encoder = new HpackEncoder(setup.options.headerTableBytes);
    this.recvWindow = setup.options.connectionWindowBytes;
    const { keepalive } = setup.options;
    this.keepalive =
      keepalive === undefined
        ? undefined
        : new Keepalive(
            keepalive,
            setup.context,
            () => this.write(pingFrame(PING_PAYLOAD, false)),
            () => {
              setup.stats.counters.keepalive_timeout.inc();
              connection.close("noFlush", "http2_ping_timeout");
            },
          );
    connection.addWatermarkCallbacks(this);
  }

  // ── the role's part ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** A header block is whole. `stream`: the one that it belongs to, where that is open. */
  protected abstract onHeaderBlock(
    streamId: number,
    stream: Http2Stream | undefined,
    block: HeaderBlock,
    endStream: boolean,
  ): void;
  protected abstract onPeerSetting(id: number, value: number): void;
  protected abstract onPeerGoAway(lastStreamId: number, code: number): void;
  /** Whether a stream with this number has never been opened by either side. */
  protected abstract isIdle(streamId: number): boolean;
  /** The connection has failed; GOAWAY is written. `flood`: one of the limits, which is no protocol error. */
  protected abstract onConnectionError(details: string, flood: boolean): void;

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected sendPreface(extra: ReadonlyArray<readonly [number, number]>, preface: string): void {
    const { options } = this;
    const settings: (readonly [number, number])[] = [
      ...extra,
      ...options.customSettings,
      [SettingId.HeaderTableSize, options.headerTableBytes],
      [SettingId.EnableConnectProtocol, options.allowConnect ? 1 : 0],
      [SettingId.MaxConcurrentStreams, options.maxConcurrentStreams],
      [SettingId.InitialWindowSize, options.streamWindowBytes],
    ];
    let text = preface + settingsFrame(settings);
    const more = options.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) text += windowUpdateFrame(0, more);
    this.write(text);
  }

  private write(frame: string): void {
    this.limits.onOutbound();
    this.connection.write(frame, false);
  }

  private writeControl(frame: string): void {
    this.limits.onOutboundControl();
    this.connection.write(frame, false);
  }

  sendHeaders(stream: Http2Stream, fields: readonly string[], endStream: boolean): void {
    this.write(headersFrames(stream.id, this.encoder.encode(fields), endStream, this.peerFrameBytes));
  }

  /** Sends what the windows allow; answers how much of the chunk that was. The end goes with its last octet. */
  sendData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): number {
    const { connection } = this;
    const total = chunk.length;
    let at = 0;
    do {
      const size = Math.min(total - at, this.sendWindow, stream.sendWindow, this.peerFrameBytes);
      if (size <= 0 && total > 0) return at;
      const last = at + size === total;
      this.limits.onOutboundData();
      connection.write(
        frameHead(size, FrameType.Data, last && endStream ? FrameFlag.EndStream : 0, stream.id),
        false,
      );
      if (size > 0) connection.write(at === 0 && last ? chunk : chunk.subarray(at, at + size), false);
      this.sendWindow -= size;
      stream.sendWindow -= size;
      at += size;
    } while (at < total);
    return at;
  }

  waitForWindow(stream: Http2Stream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.waiting.push(stream);
  }

  sendWindowUpdate(streamId: number, bytes: number): void {
    this.write(windowUpdateFrame(streamId, bytes));
  }

  /** Read from the connection's window, by whatever stream. */
  consume(bytes: number): void {
    this.consumed += bytes;
    if (this.consumed < this.options.connectionWindowBytes / 2 || this.failed) return;
    this.recvWindow += this.consumed;
    this.sendWindowUpdate(0, this.consumed);
    this.consumed = 0;
  }

  protected sendGoAway(lastStreamId: number, code: number): void {
    this.write(goAwayFrame(lastStreamId, code));
  }

  /** Ends a stream from here; it is told nothing. */
  resetStream(stream: Http2Stream, code: number): void {
    if (stream.closed) return;
    this.sendReset(stream.id, code);
    this.forget(stream, Ended.ResetHere);
  }

  protected sendReset(streamId: number, code: number): void {
    this.stats.counters.tx_reset.inc();
    this.writeControl(rstStreamFrame(streamId, code));
  }

  /** Both messages are through. */
  closeStream(stream: Http2Stream): void {
    if (stream.closed) return;
    this.forget(stream, Ended.Properly);
    stream.onComplete();
  }

  private forget(stream: Http2Stream, ended: Ended): void {
    this.streams.delete(stream.id);
    this.closedStreams.add(stream.id, ended);
    this.stats.streamsActive.sub(1);
    stream.release();
  }

  /** A stream is over without a word to the peer, whose connection goes. */
  protected discard(stream: Http2Stream): void {
    if (!stream.closed) this.forget(stream, Ended.ResetHere);
  }

  protected adopt(stream: Http2Stream): void {
    this.streams.set(stream.id, stream);
    this.stats.streamsActive.add(1);
    this.limits.onStreamOpened();
  }

  // ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected failStream(streamId: number, code: number, details: string): void {
    const stream = this.streams.get(streamId);
    this.sendReset(streamId, code);
    if (stream === undefined) {
      this.closedStreams.add(streamId, Ended.ResetHere);
      return;
    }
    this.forget(stream, Ended.ResetHere);
    stream.onReset(code, false, details);
  }

  /** Always false, for what answers whether to go on. */
  protected fail(code: number, details: string, flood: boolean): false {
    if (this.failed) return false;
    this.failed = true;
    this.reader.stop();
    this.sendGoAway(this.lastPeerStreamId, code);
    this.onConnectionError(details, flood);
    return false;
  }

  /** Every stream is over, as the connection is. */
  protected resetAll(code: number, byPeer: boolean, details: string): void {
    for (const stream of [...this.streams.values()]) {
      if (stream.closed) continue;
      this.forget(stream, byPeer ? Ended.ResetByPeer : Ended.ResetHere);
      stream.onReset(code, byPeer, details);
    }
  }

  protected dispose(): void {
    this.reader.stop();
    this.keepalive?.dispose();
  }

  // ── the connection's watermarks ─────────────────────────────────────────────────────────────────────────────────────

  onAboveHighWatermark(): void {
    for (const stream of [...this.streams.values()]) stream.updateWatermark();
  }

  onBelowLowWatermark(): void {
    for (const stream of [...this.streams.values()]) stream.updateWatermark();
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The connection's bytes. */
  protected read(chunk: Buffer): void {
    this.keepalive?.onBytes();
    if (this.connection.bufferedBytes === 0) this.limits.onDrained();
    this.reader.execute(chunk);
    if (this.failed) return;
    const flood = this.limits.checkOutbound();
    if (flood !== "") this.fail(Http2ErrorCode.EnhanceYourCalm, flood, true);
  }

  get readingHead(): boolean {
    return this.headStreamId !== 0;
  }

  onBadPreface(): void {
    this.fail(Http2ErrorCode.ProtocolError, "bad client preface", false);
  }

  onBadPadding(): void {
    this.fail(Http2ErrorCode.ProtocolError, "padding longer than the payload", false);
  }

  onFrameHead(): boolean {
    const { reader } = this;
    const { type, flags, length, streamId } = reader;
    if (length > DEFAULT_FRAME_BYTES_MAX) {
      return this.fail(Http2ErrorCode.FrameSizeError, "frame too large", false);
    }
    if (!this.settingsSeen) {
      if (type !== FrameType.Settings || (flags & FrameFlag.Ack) !== 0) {
        return this.fail(Http2ErrorCode.ProtocolError, "no SETTINGS first", false);
      }
      this.settingsSeen = true;
    }
    if (this.headStreamId !== 0) {
      if (type !== FrameType.Continuation || streamId !== this.headStreamId) {
        return this.fail(Http2ErrorCode.ProtocolError, "a header block was interrupted", false);
      }
    } else if (type === FrameType.Continuation) {
      return this.fail(Http2ErrorCode.ProtocolError, "CONTINUATION without a header block", false);
    }
    if (this.keepalive !== undefined && (type !== FrameType.Ping || (flags & FrameFlag.Ack) === 0)) {
      this.keepalive.onFrame();
    }
    const flood = this.limits.onInbound(type, flags, length);
    if (flood !== "") return this.fail(Http2ErrorCode.EnhanceYourCalm, flood, true);
    return type === FrameType.Data ? this.onDataHead(streamId, length, flags) : true;
  }

  private onDataHead(streamId: number, length: number, flags: number): boolean {
    this.dataStream = undefined;
    this.dataEnds = (flags & FrameFlag.EndStream) !== 0;
    if (streamId === 0) return this.fail(Http2ErrorCode.ProtocolError, "DATA on stream 0", false);
    // Padding and what nobody will read count too (RFC 9113 §6.9.1).
    this.recvWindow -= length;
    if (this.recvWindow < 0) {
      return this.fail(Http2ErrorCode.FlowControlError, "more DATA than the connection's window", false);
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.consume(length);
      if (this.isIdle(streamId))
        return this.fail(Http2ErrorCode.ProtocolError, "DATA on an idle stream", false);
      const ended = this.closedStreams.find(streamId);
      if (ended === Ended.Properly || ended === Ended.ResetByPeer) {
        return this.fail(Http2ErrorCode.StreamClosed, "DATA on a closed stream", false);
      }
      return true;
    }
    if (stream.remoteEnded) {
      return this.fail(Http2ErrorCode.StreamClosed, "DATA behind the end of the message", false);
    }
    stream.recvWindow -= length;
    if (stream.recvWindow < 0) {
      this.consume(length);
      this.failStream(streamId, Http2ErrorCode.FlowControlError, "http2.flow_control");
      return true;
    }
    this.paddedBytes = (flags & FrameFlag.Padded) === 0 ? 0 : length;
    this.dataStream = stream;
    return true;
  }

  onDataPart(part: Buffer, last: boolean): void {
    const stream = this.dataStream;
    if ((this.reader.flags & FrameFlag.Padded) !== 0) {
      const flood = this.limits.onPaddedData(part.length === 0 && !this.dataEnds);
      if (flood !== "") {
        this.fail(Http2ErrorCode.EnhanceYourCalm, flood, true);
        return;
      }
    }
    if (stream === undefined) return;
    if (this.paddedBytes > 0) {
      this.paddedBytes -= part.length;
      if (last) {
        stream.consume(this.paddedBytes);
        this.paddedBytes = 0;
      }
    }
    if (stream.closed) {
      this.consume(part.length);
      return;
    }
    stream.receivedBytes += part.length;
    const endStream = last && this.dataEnds;
    if (
      stream.expectedBytes >= 0 &&
      (endStream
        ? stream.receivedBytes !== stream.expectedBytes
        : stream.receivedBytes > stream.expectedBytes)
    ) {
      // As Envoy's: this one does not cost the connection.
      this.consume(part.length);
      this.failStream(stream.id, Http2ErrorCode.ProtocolError, "http2.remote_reset");
      return;
    }
    if (part.length > 0 || endStream) stream.receiveData(part, endStream);
  }

  /** Resets the stream when the head is larger than allowed; answers whether it is. */
  protected refuseLargeHead(streamId: number, block: HeaderBlock): boolean {
    const { counters } = this.stats;
    if (block.fields.length > this.setup.headersMax * 2) {
      counters.header_overflow.inc();
      this.failStream(streamId, Http2ErrorCode.InternalError, "http2.too_many_headers");
    } else if (block.bytes > this.setup.headBytesMax) {
      counters.header_list_size_too_large.inc();
      this.failStream(streamId, Http2ErrorCode.InternalError, "http2.header_list_size_too_large");
    } else return false;
    return true;
  }

  /** A message that breaks HTTP's rules costs its stream or, by default, the connection. */
  protected failMessage(streamId: number, details: string): void {
    this.stats.counters.rx_messaging_error.inc();
    if (this.options.invalidMessageEndsStreamOnly) {
      this.failStream(streamId, Http2ErrorCode.ProtocolError, details);
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream !== undefined) {
      this.discard(stream);
      stream.onReset(Http2ErrorCode.ProtocolError, false, details);
    }
    this.fail(Http2ErrorCode.ProtocolError, details, false);
  }

  onFrame(octets: Buffer, start: number, end: number): void {
    const { type } = this.reader;
    switch (type) {
      case FrameType.Headers:
        this.onHeaders(octets, start, end);
        break;
      case FrameType.Continuation:
        this.onHeaderFragment(octets, start, end, (this.reader.flags & FrameFlag.EndHeaders) !== 0);
        break;
      case FrameType.Priority:
        this.onPriority(octets, start, end);
        break;
      case FrameType.RstStream:
        this.onRstStream(octets, start, end);
        break;
      case FrameType.Settings:
        this.onSettings(octets, start, end);
        break;
      case FrameType.PushPromise:
        this.fail(Http2ErrorCode.ProtocolError, "PUSH_PROMISE", false);
        break;
      case FrameType.Ping:
        this.onPing(octets, start, end);
        break;
      case FrameType.GoAway:
        if (this.reader.streamId !== 0) this.fail(Http2ErrorCode.ProtocolError, "GOAWAY on a stream", false);
        else if (end - start < 8) this.fail(Http2ErrorCode.FrameSizeError, "GOAWAY too short", false);
        else this.onPeerGoAway(octets.readUInt32BE(start) & 0x7fff_ffff, octets.readUInt32BE(start + 4));
        break;
      case FrameType.WindowUpdate:
        this.onWindowUpdate(octets, start, end);
        break;
      default: // Unknown frames are ignored (RFC 9113 §4.1).
    }
  }

  private onHeaders(octets: Buffer, start: number, end: number): undefined {
    const { flags, streamId } = this.reader;
    if (streamId === 0) {
      this.fail(Http2ErrorCode.ProtocolError, "HEADERS on stream 0", false);
      return;
    }
    let from = start;
    let to = end;
    if ((flags & FrameFlag.Padded) !== 0) {
      to -= octets[from] ?? 0;
      from++;
    }
    if ((flags & FrameFlag.Priority) !== 0) {
      if (to - from >= 5 && (octets.readUInt32BE(from) & 0x7fff_ffff) === streamId) {
        this.fail(Http2ErrorCode.ProtocolError, "a stream that depends on itself", false);
        return;
      }
      from += 5;
    }
    if (to < from || from > end) {
      this.fail(
        end - start < 5 && (flags & FrameFlag.Padded) === 0
          ? Http2ErrorCode.FrameSizeError
          : Http2ErrorCode.ProtocolError,
        "malformed HEADERS",
        false,
      );
      return;
    }
    this.headFlags = flags;
    this.headStreamId = streamId;
    this.onHeaderFragment(octets, from, to, (flags & FrameFlag.EndHeaders) !== 0);
  }

  private onHeaderFragment(octets: Buffer, start: number, end: number, last: boolean): undefined {
    this.headBytes += end - start;
    // Compressed it is hardly ever longer than in full; what is beyond serves no message that would be taken.
    if (
      this.headBytes > this.setup.headBytesMax + DEFAULT_FRAME_BYTES_MAX ||
      this.headParts.length > HEAD_FRAMES_MIN + this.setup.headBytesMax / 4096
    ) {
      this.stats.counters.header_overflow.inc();
      this.fail(Http2ErrorCode.EnhanceYourCalm, "http2.too_many_headers", true);
      return;
    }
    if (!last) {
      this.headParts.push(Buffer.from(octets.subarray(start, end)));
      return;
    }
    let block: HeaderBlock | undefined;
    if (this.headParts.length === 0) block = this.decoder.decode(octets, start, end);
    else {
      this.headParts.push(octets.subarray(start, end));
      const whole = Buffer.concat(this.headParts, this.headBytes);
      this.headParts = [];
      block = this.decoder.decode(whole, 0, whole.length);
    }
    const streamId = this.headStreamId;
    this.headStreamId = 0;
    this.headBytes = 0;
    if (block === undefined) {
      this.fail(Http2ErrorCode.CompressionError, "header compression", false);
      return;
    }
    this.onHeaderBlock(
      streamId,
      this.streams.get(streamId),
      block,
      (this.headFlags & FrameFlag.EndStream) !== 0,
    );
  }

  private onPriority(octets: Buffer, start: number, end: number): undefined {
    const { streamId } = this.reader;
    if (streamId === 0) this.fail(Http2ErrorCode.ProtocolError, "PRIORITY on stream 0", false);
    else if (end - start !== 5) this.fail(Http2ErrorCode.FrameSizeError, "PRIORITY of a wrong size", false);
    else if ((octets.readUInt32BE(start) & 0x7fff_ffff) === streamId) {
      this.fail(Http2ErrorCode.ProtocolError, "a stream that depends on itself", false);
    }
  }

  private onRstStream(octets: Buffer, start: number, end: number): undefined {
    const { streamId } = this.reader;
    if (end - start !== 4) {
      this.fail(Http2ErrorCode.FrameSizeError, "RST_STREAM of a wrong size", false);
      return;
    }
    if (streamId === 0 || this.isIdle(streamId)) {
      this.fail(Http2ErrorCode.ProtocolError, "RST_STREAM on an idle stream", false);
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    this.stats.counters.rx_reset.inc();
    this.forget(stream, Ended.ResetByPeer);
    const code = octets.readUInt32BE(start);
    const refused = code === Http2ErrorCode.RefusedStream;
    stream.onReset(code, true, refused ? "http2.remote_refuse" : "http2.remote_reset");
  }

  private onSettings(octets: Buffer, start: number, end: number): undefined {
    const { flags, streamId } = this.reader;
    const size = end - start;
    if (streamId !== 0) {
      this.fail(Http2ErrorCode.ProtocolError, "SETTINGS on a stream", false);
      return;
    }
    if ((flags & FrameFlag.Ack) !== 0) {
      this.settingsAcknowledged = true;
      if (size !== 0)
        this.fail(Http2ErrorCode.FrameSizeError, "SETTINGS acknowledgement with a payload", false);
      return;
    }
    if (size % 6 !== 0) {
      this.fail(Http2ErrorCode.FrameSizeError, "SETTINGS of a wrong size", false);
      return;
    }
    for (let at = start; at < end && !this.failed; at += 6) {
      this.applySetting(octets.readUInt16BE(at), octets.readUInt32BE(at + 2));
    }
    if (this.failed) return;
    this.writeControl(SETTINGS_ACK);
    this.sendWaiting();
  }

  private applySetting(id: number, value: number): undefined {
    switch (id) {
      case SettingId.HeaderTableSize:
        this.encoder.setTableBytesMax(value);
        break;
      case SettingId.EnablePush:
        if (value > 1) this.fail(Http2ErrorCode.ProtocolError, "SETTINGS_ENABLE_PUSH", false);
        break;
      case SettingId.InitialWindowSize: {
        if (value > WINDOW_BYTES_MAX) {
          this.fail(Http2ErrorCode.FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE", false);
          return;
        }
        const more = value - this.peerStreamWindow;
        this.peerStreamWindow = value;
        for (const stream of this.streams.values()) {
          if (stream.growSendWindow(more)) continue;
          this.fail(Http2ErrorCode.FlowControlError, "a stream's window too large", false);
          return;
        }
        break;
      }
      case SettingId.MaxFrameSize:
        if (value < DEFAULT_FRAME_BYTES_MAX || value > 0xff_ffff) {
          this.fail(Http2ErrorCode.ProtocolError, "SETTINGS_MAX_FRAME_SIZE", false);
        } else this.peerFrameBytes = Math.min(value, DEFAULT_FRAME_BYTES_MAX);
        break;
      case SettingId.EnableConnectProtocol:
        if (value > 1) this.fail(Http2ErrorCode.ProtocolError, "SETTINGS_ENABLE_CONNECT_PROTOCOL", false);
        else this.onPeerSetting(id, value);
        break;
      default:
        this.onPeerSetting(id, value);
    }
  }

  private onPing(octets: Buffer, start: number, end: number): undefined {
    const { flags, streamId } = this.reader;
    if (streamId !== 0) this.fail(Http2ErrorCode.ProtocolError, "PING on a stream", false);
    else if (end - start !== 8) this.fail(Http2ErrorCode.FrameSizeError, "PING of a wrong size", false);
    else if ((flags & FrameFlag.Ack) !== 0) this.keepalive?.onAnswer();
    else this.writeControl(pingFrame(octets.toString("latin1", start, end), true));
  }

  private onWindowUpdate(octets: Buffer, start: number, end: number): undefined {
    const { streamId } = this.reader;
    if (end - start !== 4) {
      this.fail(Http2ErrorCode.FrameSizeError, "WINDOW_UPDATE of a wrong size", false);
      return;
    }
    const bytes = octets.readUInt32BE(start) & 0x7fff_ffff;
    if (streamId === 0) {
      this.sendWindow += bytes;
      if (bytes === 0) this.fail(Http2ErrorCode.ProtocolError, "WINDOW_UPDATE of 0", false);
      else if (this.sendWindow > WINDOW_BYTES_MAX) {
        this.fail(Http2ErrorCode.FlowControlError, "the connection's window too large", false);
      } else this.sendWaiting();
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.isIdle(streamId)) {
        this.fail(Http2ErrorCode.ProtocolError, "WINDOW_UPDATE on an idle stream", false);
      }
      return;
    }
    if (bytes === 0) this.failStream(streamId, Http2ErrorCode.ProtocolError, "http2.window_update");
    else if (!stream.growSendWindow(bytes)) {
      this.failStream(streamId, Http2ErrorCode.FlowControlError, "http2.flow_control");
    } else this.sendWaiting();
  }

  /** Streams that wait take turns, a frame each, until no window is left. */
  private sendWaiting(): void {
    if (this.waiting.length === 0) return;
    let round = this.waiting;
    // What begins to wait meanwhile comes behind.
    this.waiting = [];
    const stuck: Http2Stream[] = [];
    while (round.length > 0) {
      const again: Http2Stream[] = [];
      for (const stream of round) {
        if (this.sendWindow > 0 && stream.sendPending()) again.push(stream);
        else if (!stream.closed && stream.pendingBytes > 0) stuck.push(stream);
        else stream.queued = false;
      }
      round = again;
    }
    this.waiting = stuck.length === 0 ? this.waiting : [...stuck, ...this.waiting];
  }
}
