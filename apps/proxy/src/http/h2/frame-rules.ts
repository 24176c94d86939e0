import { FrameFlag, FrameType } from "./frames.ts";
import { frameSizeError, type Http2Error, protocolError } from "./http2-error.ts";

/** What a frame's kind says of its size and of the stream that it may be on (RFC 9113 §6), of frames but DATA and HEADERS. */
export function frameFlaw(
  type: number,
  flags: number,
  streamId: number,
  length: number,
): Http2Error | undefined {
  switch (type) {
    case FrameType.Priority:
      if (streamId === 0) return protocolError("PRIORITY on stream 0");
      return length === 5 ? undefined : frameSizeError("PRIORITY of a wrong size");
    case FrameType.RstStream:
      if (length !== 4) return frameSizeError("RST_STREAM of a wrong size");
      return streamId === 0 ? protocolError("RST_STREAM on an idle stream") : undefined;
    case FrameType.Settings:
      if (streamId !== 0) return protocolError("SETTINGS on a stream");
      if ((flags & FrameFlag.Ack) === 0) {
        return length % 6 === 0 ? undefined : frameSizeError("SETTINGS of a wrong size");
      }
      return length === 0 ? undefined : frameSizeError("SETTINGS acknowledgement with a payload");
    case FrameType.PushPromise:
      return protocolError("PUSH_PROMISE");
    case FrameType.Ping:
      if (streamId !== 0) return protocolError("PING on a stream");
      return length === 8 ? undefined : frameSizeError("PING of a wrong size");
    case FrameType.GoAway:
      if (streamId !== 0) return protocolError("GOAWAY on a stream");
      return length < 8 ? frameSizeError("GOAWAY too short") : undefined;
    case FrameType.WindowUpdate:
      return length === 4 ? undefined : frameSizeError("WINDOW_UPDATE of a wrong size");
    default: // Unknown frames are ignored (RFC 9113 §4.1).
      return undefined;
  }
}

/** Nothing comes between the frames of a header block (RFC 9113 §6.10). `headStreamId`: whose has begun, 0: none. */
export function orderFlaw(type: number, streamId: number, headStreamId: number): Http2Error | undefined {
  const continues = type === FrameType.Continuation;
  if (headStreamId === 0) return continues ? protocolError("CONTINUATION without a header block") : undefined;
  return continues && streamId === headStreamId ? undefined : protocolError("a header block was interrupted");
}
