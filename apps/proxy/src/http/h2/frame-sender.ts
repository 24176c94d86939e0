import type { SocketConnection } from "../../connection/socket-connection.ts";
import type { FrameLimits } from "./frame-limits.ts";
import {
  DEFAULT_FRAME_BYTES_MAX,
  DEFAULT_WINDOW_BYTES,
  FRAME_HEAD_BYTES,
  FrameFlag,
  FrameType,
  frameHead,
  goAwayFrame,
  headersFrames,
  SettingId,
  settingsFrame,
  WINDOW_BYTES_MAX,
  windowUpdateFrame,
} from "./frames.ts";
import { HpackEncoder } from "./hpack/hpack-encoder.ts";
import { flowControlError, type Http2Error, protocolError } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import type { Http2Stream } from "./http2-stream.ts";

/** What a connection writes, within what the peer takes: its windows (RFC 9113 §5.2), its frames' size, its HPACK table. */
export class FrameSender {
  /** What a new stream may send. */
  peerStreamWindow = DEFAULT_WINDOW_BYTES;
  peerFrameBytes = DEFAULT_FRAME_BYTES_MAX;
  private readonly connection: SocketConnection;
  private readonly limits: FrameLimits;
  private readonly encoder: HpackEncoder;
  private window = DEFAULT_WINDOW_BYTES;
  /** Streams with something to send and no window, in turn. */
  private waiting: Http2Stream[] = [];

  constructor(connection: SocketConnection, limits: FrameLimits, tableBytes: number, huffman: boolean) {
    this.connection = connection;
    this.limits = limits;
    this.encoder = new HpackEncoder(tableBytes, huffman);
  }

  preface(
    options: Http2Options,
    extra: ReadonlyArray<readonly [number, number]>,
    clientPreface: string,
  ): void {
    const settings: (readonly [number, number])[] = [
      ...extra,
      ...options.customSettings,
      [SettingId.HeaderTableSize, options.headerTableBytes],
      [SettingId.EnableConnectProtocol, options.allowConnect ? 1 : 0],
      [SettingId.MaxConcurrentStreams, options.maxConcurrentStreams],
      [SettingId.InitialWindowSize, options.streamWindowBytes],
    ];
    let text = clientPreface + settingsFrame(settings);
    const more = options.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (more > 0) text += windowUpdateFrame(0, more);
    this.write(text);
  }

  write(frame: string): void {
    this.limits.onOutbound();
    this.connection.write(frame, false);
  }

  /** What answers a frame of the peer's. */
  writeControl(frame: string): void {
    this.limits.onOutboundControl();
    this.connection.write(frame, false);
  }

  headers(stream: Http2Stream, fields: readonly string[], endStream: boolean): void {
    const { encoder } = this;
    const frames = headersFrames(stream.id, encoder.encode(fields), endStream, this.peerFrameBytes);
    const { meter } = stream;
    if (meter !== undefined) {
      meter.wireBytesSent += frames.length;
      meter.headerBytesSent += frames.length;
      meter.decompressedHeaderBytesSent += encoder.fieldBytes;
    }
    this.write(frames);
  }

  /** Sends what the windows allow; answers how much of the chunk that was. The end goes with its last octet. */
  data(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): number {
    const { connection } = this;
    const { meter } = stream;
    const total = chunk.length;
    let at = 0;
    do {
      const size = Math.min(total - at, this.window, stream.sendWindow, this.peerFrameBytes);
      if (size <= 0 && total > 0) return at;
      const last = at + size === total;
      this.limits.onOutboundData();
      if (meter !== undefined) meter.wireBytesSent += FRAME_HEAD_BYTES + size;
      connection.write(
        frameHead(size, FrameType.Data, last && endStream ? FrameFlag.EndStream : 0, stream.id),
        false,
      );
      if (size > 0) connection.write(at === 0 && last ? chunk : chunk.subarray(at, at + size), false);
      this.window -= size;
      stream.sendWindow -= size;
      at += size;
    } while (at < total);
    return at;
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.write(windowUpdateFrame(streamId, bytes));
  }

  goAway(lastStreamId: number, code: number): void {
    this.write(goAwayFrame(lastStreamId, code));
  }

  waitForWindow(stream: Http2Stream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.waiting.push(stream);
  }

  /** The peer gives the connection more room. */
  growWindow(bytes: number): Http2Error | undefined {
    this.window += bytes;
    if (bytes === 0) return protocolError("WINDOW_UPDATE of 0");
    if (this.window > WINDOW_BYTES_MAX) return flowControlError("the connection's window too large");
    this.sendWaiting();
    return undefined;
  }

  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE, which holds for the open streams too. */
  setStreamWindow(bytes: number, streams: Iterable<Http2Stream>): Http2Error | undefined {
    if (bytes > WINDOW_BYTES_MAX) return flowControlError("SETTINGS_INITIAL_WINDOW_SIZE");
    const more = bytes - this.peerStreamWindow;
    this.peerStreamWindow = bytes;
    for (const stream of streams) {
      if (!stream.growSendWindow(more)) return flowControlError("a stream's window too large");
    }
    return undefined;
  }

  setFrameBytes(bytes: number): Http2Error | undefined {
    if (bytes < DEFAULT_FRAME_BYTES_MAX || bytes > 0xff_ffff) {
      return protocolError("SETTINGS_MAX_FRAME_SIZE");
    }
    this.peerFrameBytes = Math.min(bytes, DEFAULT_FRAME_BYTES_MAX);
    return undefined;
  }

  setTableBytes(bytes: number): void {
    this.encoder.setTableBytesMax(bytes);
  }

  /** Streams that wait take turns, a frame each, until no window is left. */
  sendWaiting(): void {
    if (this.waiting.length === 0) return;
    let round = this.waiting;
    // What begins to wait meanwhile comes behind.
    this.waiting = [];
    const stuck: Http2Stream[] = [];
    while (round.length > 0) {
      const again: Http2Stream[] = [];
      for (const stream of round) {
        if (this.window > 0 && stream.sendPending()) again.push(stream);
        else if (!stream.closed && stream.pendingBytes > 0) stuck.push(stream);
        else stream.queued = false;
      }
      round = again;
    }
    this.waiting = stuck.length === 0 ? this.waiting : [...stuck, ...this.waiting];
  }
}
