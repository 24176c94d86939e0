/** RFC 9113 §6. */
export const FrameType = {
  Data: 0,
  Headers: 1,
  Priority: 2,
  RstStream: 3,
  Settings: 4,
  PushPromise: 5,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const;

export const FrameFlag = { Ack: 1, EndStream: 1, EndHeaders: 4, Padded: 8, Priority: 32 } as const;

/** RFC 9113 §7. */
export const Http2ErrorCode = {
  NoError: 0,
  ProtocolError: 1,
  InternalError: 2,
  FlowControlError: 3,
  StreamClosed: 5,
  FrameSizeError: 6,
  RefusedStream: 7,
  Cancel: 8,
  CompressionError: 9,
  ConnectError: 10,
  EnhanceYourCalm: 11,
} as const;

/** RFC 9113 §6.5.2 and RFC 8441 §3. */
export const SettingId = {
  HeaderTableSize: 1,
  EnablePush: 2,
  MaxConcurrentStreams: 3,
  InitialWindowSize: 4,
  MaxFrameSize: 5,
  EnableConnectProtocol: 8,
} as const;

export const CLIENT_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const FRAME_HEAD_BYTES = 9;
/** What a peer may send here, and what it takes until it says otherwise. */
export const DEFAULT_FRAME_BYTES_MAX = 16_384;
export const DEFAULT_WINDOW_BYTES = 65_535;
export const WINDOW_BYTES_MAX = 0x7fff_ffff;
/** As the last stream of a GOAWAY: none is refused yet. */
export const STREAM_ID_MAX = 0x7fff_ffff;

/** Frames are latin1 text, as everything that a turn gathers for a connection's one write. */
export function frameHead(length: number, type: number, flags: number, streamId: number): string {
  return String.fromCharCode(
    length >> 16,
    (length >> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    streamId >>> 24,
    (streamId >> 16) & 0xff,
    (streamId >> 8) & 0xff,
    streamId & 0xff,
  );
}

function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
}

export function rstStreamFrame(streamId: number, code: number): string {
  return frameHead(4, FrameType.RstStream, 0, streamId) + uint32(code);
}

export function windowUpdateFrame(streamId: number, increment: number): string {
  return frameHead(4, FrameType.WindowUpdate, 0, streamId) + uint32(increment);
}

export function goAwayFrame(lastStreamId: number, code: number): string {
  return frameHead(8, FrameType.GoAway, 0, 0) + uint32(lastStreamId) + uint32(code);
}

/** `payload`: eight latin1 characters. */
export function pingFrame(payload: string, ack: boolean): string {
  return frameHead(8, FrameType.Ping, ack ? FrameFlag.Ack : 0, 0) + payload;
}

export function settingsFrame(settings: ReadonlyArray<readonly [id: number, value: number]>): string {
  let text = frameHead(settings.length * 6, FrameType.Settings, 0, 0);
  for (const [id, value] of settings) text += String.fromCharCode(id >> 8, id & 0xff) + uint32(value);
  return text;
}

export const SETTINGS_ACK = frameHead(0, FrameType.Settings, FrameFlag.Ack, 0);

/** HEADERS and as many CONTINUATION frames as the block needs. */
export function headersFrames(
  streamId: number,
  block: string,
  endStream: boolean,
  frameBytesMax: number,
): string {
  const end = endStream ? FrameFlag.EndStream : 0;
  if (block.length <= frameBytesMax) {
    return frameHead(block.length, FrameType.Headers, FrameFlag.EndHeaders | end, streamId) + block;
  }
  let text = frameHead(frameBytesMax, FrameType.Headers, end, streamId) + block.slice(0, frameBytesMax);
  for (let at = frameBytesMax; at < block.length; at += frameBytesMax) {
    const part = block.slice(at, at + frameBytesMax);
    const flags = at + frameBytesMax >= block.length ? FrameFlag.EndHeaders : 0;
    text += frameHead(part.length, FrameType.Continuation, flags, streamId) + part;
  }
  return text;
}
