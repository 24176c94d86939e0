import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { Headers } from "./header-map.ts";

/** Why a stream ended before its time; `text` stands in local replies and details, Envoy's words. */
export type StreamResetReason =
  | "local reset"
  | "local refused stream reset"
  | "remote reset"
  | "remote refused stream reset"
  | "connect error"
  | "connection termination"
  | "local connection failure"
  | "remote connection failure"
  | "connection timeout"
  | "overflow"
  | "protocol error";

/** The receiving half of a message. Chunks are borrowed for the call. */
export interface MessageDecoder {
  decodeHeaders(headers: Headers, endStream: boolean): void;
  decodeData(chunk: Uint8Array, endStream: boolean): void;
  decodeTrailers(trailers: Headers): void;
}

/** A request's stream as the codec drives it. */
export interface RequestStream extends MessageDecoder {
  /** The stream is gone: the client left, or the codec gave up. Once, last. `details`: Envoy's words where the codec has them, else "". */
  onReset(reason: StreamResetReason, details: string): void;
  /** The head did not arrive in time: answer 408. Instead of `decodeHeaders`. */
  onHeadTimeout(): void;
  /** The rest of the message cannot be understood: answer if nothing was answered yet. The connection closes behind it. */
  onCodecError(error: CodecError): void;
  /** Both messages are through: the whole request was parsed, the whole response handed to the connection. */
  onComplete(): void;
}

/** What a codec found wrong: the reply's status and Envoy's details. */
export interface CodecError {
  readonly status: number;
  readonly details: string;
  readonly message: string;
}

/** A response's stream as the client codec drives it. */
export interface ResponseStream extends MessageDecoder {
  decode1xxHeaders(headers: Headers): void;
  /** Nothing follows. `reused`: the connection had served a request before. */
  onReset(reason: StreamResetReason, transportFailure: string): void;
}

/** The protocol of a stream, as access logs print it. */
export type StreamProtocol = "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";

/** What a stream answers through; one per stream. Where messages follow one another the codec itself may be it. */
export interface ResponseEncoder {
  readonly protocol: StreamProtocol;
  encode1xxHeaders(headers: Headers): void;
  encodeHeaders(headers: Headers, endStream: boolean): void;
  encodeData(chunk: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: Headers): void;
  /** Ends the stream without (the rest of) a response. The stream gets no callback any more. */
  reset(reason: StreamResetReason): void;
  /** Counted. */
  readDisable(disable: boolean): void;
  /** What was handed over has piled up behind the peer: its connection's buffer or, in HTTP/2, the stream's window. */
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  readonly aboveHighWatermark: boolean;
  /** No message follows this one on its connection (`connection: close`); without effect where streams are independent. */
  refuseReuse(): void;
}

/** What the connection manager gives to its codec. */
export interface ServerCodecCallbacks {
  /** A request begins (or something that should have been one failed). */
  newStream(encoder: ResponseEncoder): RequestStream;
  /** The peer broke the protocol; streams have been told. The connection is to be closed behind what was written. */
  onProtocolError(error: CodecError): void;
  onHeadersDropped(count: number): void;
}

/** The server's end of a connection in one protocol, as the connection manager drives it. */
export interface ServerCodec {
  /** Streams live side by side; otherwise one message follows another. */
  readonly multiplexed: boolean;
  /** A message is being read or answered. */
  readonly busy: boolean;
  /** A head has begun and is not whole yet. */
  readonly readingHead: boolean;
  /** The connection may carry another message. */
  readonly reusable: boolean;
  dispatch(chunk: Buffer): void;
  /** Nothing is read any more, no callback follows. */
  stop(): void;
  /** The connection is gone: so are its streams. */
  onConnectionClosed(): void;
  /** The connection will end: HTTP/1 says so in its next response; HTTP/2 by GOAWAY, still taking what is on its way. */
  notifyShutdown(): void;
  /** No further streams are taken. */
  goAway(): void;
  /** The head that `readingHead` tells of took too long. */
  failHead(): void;
}
