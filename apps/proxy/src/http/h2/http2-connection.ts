import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { SocketConnection } from "../../connection/socket-connection.ts";
import { Ended } from "./closed-streams.ts";
import { DataReceiver, type DataSession } from "./data-receiver.ts";
import { FrameLimits } from "./frame-limits.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { frameFlaw, orderFlaw } from "./frame-rules.ts";
import { FrameSender } from "./frame-sender.ts";
import {
  DEFAULT_FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  FrameFlag,
  FrameType,
  Http2ErrorCode,
  pingFrame,
  rstStreamFrame,
  SETTINGS_ACK,
  SettingId,
} from "./frames.ts";
import { HeaderBlockReader } from "./header-block-reader.ts";
import type { HeaderBlock } from "./hpack/hpack-decoder.ts";
import { floodError, frameSizeError, type Http2Error, protocolError } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stats } from "./http2-stats.ts";
import type { Http2Stream } from "./http2-stream.ts";
import { Keepalive, type KeepaliveContext } from "./keepalive.ts";
import { StreamTable } from "./stream-table.ts";

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

const RST_STREAM_BYTES = FRAME_HEAD_BYTES + 4;
const PING_PAYLOAD = "sluice\0\0";

/**
 * HTTP/2 (RFC 9113) as both ends speak it: what each frame does to the connection and its streams. What a header block means,
 * and which streams the peer may open, is the server's or client's part; windows are the sender's and the receiver's, the
 * streams are kept in a table. Errors of the connection end in GOAWAY and `onConnectionError`, once; of a stream in RST_STREAM.
 */
export abstract class Http2Connection implements FrameSink, DataSession, WatermarkCallbacks {
  readonly connection: SocketConnection;
  readonly options: Http2Options;
  readonly stats: Http2Stats;
  readonly sender: FrameSender;
  failed = false;
  protected readonly setup: Http2Setup;
  protected readonly reader: FrameReader;
  protected readonly limits: FrameLimits;
  protected readonly streams: StreamTable;
  /** The highest stream that the peer has opened. */
  protected lastPeerStreamId = 0;
  /** A stream was over because of what ends the connection. */
  protected streamFailed = false;
  /** The peer knows this side's SETTINGS. */
  protected settingsAcknowledged = false;
  protected readonly keepalive: Keepalive | undefined;
  private readonly heads: HeaderBlockReader;
  private readonly receiver: DataReceiver;
  private settingsSeen = false;

  constructor(connection: SocketConnection, setup: Http2Setup, isServer: boolean) {
    this.connection = connection;
    this.setup = setup;
    const { options, stats } = setup;
    this.options = options;
    this.stats = stats;
    this.reader = new FrameReader(this, isServer);
    this.limits = new FrameLimits(options, stats);
    this.streams = new StreamTable(stats, this.limits);
    this.sender = new FrameSender(connection, this.limits, options.headerTableBytes, options.huffman);
    this.heads = new HeaderBlockReader(options, setup.headBytesMax, stats);
    this.receiver = new DataReceiver(this, this.limits, options.connectionWindowBytes);
    const { keepalive } = options;
    this.keepalive =
      keepalive === undefined
        ? undefined
        : new Keepalive(
            keepalive,
            setup.context,
            () => this.sender.write(pingFrame(PING_PAYLOAD, false)),
            () => {
              stats.counters.keepalive_timeout.inc();
              connection.close("noFlush", "http2_ping_timeout");
            },
          );
    connection.addWatermarkCallbacks(this);
    connection.drainCallbacks = this.limits;
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
  /** The peer has reset a stream, perhaps one that was over. */
  protected abstract onPeerReset(): void;
  /** Whether a stream with this number has never been opened by either side. */
  abstract isIdle(streamId: number): boolean;
  /** The connection has failed; GOAWAY is written. `flood`: one of the limits, which is no protocol error. */
  protected abstract onConnectionError(details: string, flood: boolean): void;

  // ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  stream(streamId: number): Http2Stream | undefined {
    return this.streams.get(streamId);
  }

  endOf(streamId: number): Ended {
    return this.streams.endOf(streamId);
  }

  sendWindowUpdate(streamId: number, bytes: number): void {
    this.sender.windowUpdate(streamId, bytes);
  }

  /** Read from the connection's window, by whatever stream. */
  consume(bytes: number): void {
    this.receiver.consume(bytes);
  }

  /** A header block that has arrived, for its stream's meter. As Envoy's: its frames count as one. */
  protected countBlock(stream: Http2Stream, block: HeaderBlock): void {
    const { meter } = stream;
    if (meter === undefined) return;
    const bytes = FRAME_HEAD_BYTES + this.heads.frameBytes;
    meter.wireBytesReceived += bytes;
    meter.headerBytesReceived += bytes;
    meter.decompressedHeaderBytesReceived += block.bytes;
  }

  /** Ends a stream from here; it is told nothing. */
  resetStream(stream: Http2Stream, code: number): void {
    if (stream.closed) return;
    this.sendReset(stream.id, code, stream);
    this.streams.end(stream, Ended.ResetHere);
  }

  private sendReset(streamId: number, code: number, stream: Http2Stream | undefined): void {
    const meter = stream?.meter;
    if (meter !== undefined) meter.wireBytesSent += RST_STREAM_BYTES;
    this.stats.counters.tx_reset.inc();
    this.sender.writeControl(rstStreamFrame(streamId, code));
  }

  /** Both messages are through. */
  closeStream(stream: Http2Stream): void {
    if (stream.closed) return;
    this.streams.end(stream, Ended.Properly);
    stream.onComplete();
  }

  /** A stream is over without a word to the peer, whose connection goes. */
  protected discard(stream: Http2Stream): void {
    if (!stream.closed) this.streams.end(stream, Ended.ResetHere);
  }

  // ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  failStream(streamId: number, code: number, details: string): void {
    const stream = this.streams.get(streamId);
    this.sendReset(streamId, code, stream);
    if (stream === undefined) {
      this.streams.refuse(streamId, Ended.ResetHere);
      return;
    }
    this.streams.end(stream, Ended.ResetHere);
    stream.onReset(code, false, details);
  }

  fail(error: Http2Error): false {
    if (this.failed) return false;
    this.failed = true;
    this.reader.stop();
    this.sender.goAway(this.lastPeerStreamId, error.code);
    this.onConnectionError(error.details, error.flood);
    return false;
  }

  /** Every stream is over, as the connection is. */
  protected resetAll(code: number, byPeer: boolean, details: string): void {
    for (const stream of [...this.streams.values()]) {
      if (stream.closed) continue;
      this.streams.end(stream, byPeer ? Ended.ResetByPeer : Ended.ResetHere);
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
    if (flood !== "") this.fail(floodError(flood));
  }

  get readingHead(): boolean {
    return this.heads.streamId !== 0;
  }

  onBadPreface(): void {
    this.fail(protocolError("bad client preface"));
  }

  onBadPadding(): void {
    this.fail(protocolError("padding longer than the payload"));
  }

  onFrameHead(): boolean {
    const { reader } = this;
    const { type, flags, length, streamId } = reader;
    if (length > DEFAULT_FRAME_BYTES_MAX) {
      return this.fail(frameSizeError("frame too large"));
    }
    if (!this.settingsSeen) {
      if (type !== FrameType.Settings || (flags & FrameFlag.Ack) !== 0) {
        return this.fail(protocolError("no SETTINGS first"));
      }
      this.settingsSeen = true;
    }
    const interrupted = orderFlaw(type, streamId, this.heads.streamId);
    if (interrupted !== undefined) return this.fail(interrupted);
    if (this.keepalive !== undefined && (type !== FrameType.Ping || (flags & FrameFlag.Ack) === 0)) {
      this.keepalive.onFrame();
    }
    const flood = this.limits.onInbound(type, flags, length);
    if (flood !== "") return this.fail(floodError(flood));
    return type === FrameType.Data ? this.receiver.onHead(streamId, length, flags) : true;
  }

  onDataPart(part: Buffer, last: boolean): void {
    this.receiver.onPart(part, last);
  }

  /** Resets the stream when the head is larger than allowed; answers whether it is. `dropped`: fields that do not count. */
  protected refuseLargeHead(streamId: number, block: HeaderBlock, dropped = 0): boolean {
    const { counters } = this.stats;
    if (block.fields.length > (this.setup.headersMax + dropped) * 2) {
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
      this.streamFailed = true;
      this.discard(stream);
      stream.onReset(Http2ErrorCode.ProtocolError, false, details);
    }
    this.fail(protocolError(details));
  }

  onFrame(octets: Buffer, start: number, end: number): undefined {
    const { type, flags, streamId } = this.reader;
    const flaw = frameFlaw(type, flags, streamId, end - start);
    if (flaw !== undefined) {
      this.fail(flaw);
      return;
    }
    switch (type) {
      case FrameType.Headers:
        this.onHeaderPart(streamId, this.heads.begin(streamId, flags, octets, start, end));
        break;
      case FrameType.Continuation:
        this.onHeaderPart(streamId, this.heads.add(flags, octets, start, end));
        break;
      case FrameType.Priority:
        // It is not followed, but held to the rules.
        if ((octets.readUInt32BE(start) & 0x7fff_ffff) === streamId) {
          this.fail(protocolError("a stream that depends on itself"));
        }
        break;
      case FrameType.RstStream:
        this.onRstStream(streamId, octets.readUInt32BE(start));
        break;
      case FrameType.Settings:
        this.onSettings(flags, octets, start, end);
        break;
      case FrameType.Ping:
        if ((flags & FrameFlag.Ack) !== 0) this.keepalive?.onAnswer();
        else this.sender.writeControl(pingFrame(octets.toString("latin1", start, end), true));
        break;
      case FrameType.GoAway:
        this.onPeerGoAway(octets.readUInt32BE(start) & 0x7fff_ffff, octets.readUInt32BE(start + 4));
        break;
      case FrameType.WindowUpdate:
        this.onWindowUpdate(streamId, octets.readUInt32BE(start) & 0x7fff_ffff);
        break;
      default:
    }
  }

  private onHeaderPart(streamId: number, error: Http2Error | undefined): undefined {
    if (error !== undefined) {
      this.fail(error);
      return;
    }
    const block = this.heads.take();
    if (block === undefined) return;
    this.onHeaderBlock(streamId, this.streams.get(streamId), block, this.heads.endStream);
  }

  private onRstStream(streamId: number, code: number): undefined {
    if (this.isIdle(streamId)) {
      this.fail(protocolError("RST_STREAM on an idle stream"));
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.endReset(stream, code);
    this.onPeerReset();
  }

  private endReset(stream: Http2Stream, code: number): void {
    this.stats.counters.rx_reset.inc();
    if (stream.meter !== undefined) stream.meter.wireBytesReceived += RST_STREAM_BYTES;
    this.streams.end(stream, Ended.ResetByPeer);
    const refused = code === Http2ErrorCode.RefusedStream;
    stream.onReset(code, true, refused ? "http2.remote_refuse" : "http2.remote_reset");
  }

  private onSettings(flags: number, octets: Buffer, start: number, end: number): undefined {
    if ((flags & FrameFlag.Ack) !== 0) {
      this.settingsAcknowledged = true;
      return;
    }
    for (let at = start; at < end && !this.failed; at += 6) {
      const error = this.takeSetting(octets.readUInt16BE(at), octets.readUInt32BE(at + 2));
      if (error !== undefined) this.fail(error);
    }
    if (this.failed) return;
    this.sender.writeControl(SETTINGS_ACK);
    this.sender.sendWaiting();
  }

  private takeSetting(id: number, value: number): Http2Error | undefined {
    switch (id) {
      case SettingId.HeaderTableSize:
        this.sender.setTableBytes(value);
        return undefined;
      case SettingId.EnablePush:
        return value > 1 ? protocolError("SETTINGS_ENABLE_PUSH") : undefined;
      case SettingId.InitialWindowSize:
        return this.sender.setStreamWindow(value, this.streams.values());
      case SettingId.MaxFrameSize:
        return this.sender.setFrameBytes(value);
      case SettingId.EnableConnectProtocol:
        if (value > 1) return protocolError("SETTINGS_ENABLE_CONNECT_PROTOCOL");
    }
    this.onPeerSetting(id, value);
    return undefined;
  }

  private onWindowUpdate(streamId: number, bytes: number): undefined {
    if (streamId === 0) {
      const error = this.sender.growWindow(bytes);
      if (error !== undefined) this.fail(error);
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.isIdle(streamId)) {
        this.fail(protocolError("WINDOW_UPDATE on an idle stream"));
      }
      return;
    }
    if (bytes === 0) this.failStream(streamId, Http2ErrorCode.ProtocolError, "http2.window_update");
    else if (!stream.growSendWindow(bytes)) {
      this.failStream(streamId, Http2ErrorCode.FlowControlError, "http2.flow_control");
    } else this.sender.sendWaiting();
  }
}
