import type { Headers } from "./header-map.ts";

/** Why a stream ended before its time; `text` stands in local replies and details, Envoy's words. */
export type StreamResetReason =
  | "local reset"
  | "remote reset"
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
  /** The stream is gone: the client left, or the codec gave up. Once, last. */
  onReset(reason: StreamResetReason): void;
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

/** What a stream answers through. */
export interface ResponseEncoder {
  encode1xxHeaders(headers: Headers): void;
  encodeHeaders(headers: Headers, endStream: boolean): void;
  encodeData(chunk: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: Headers): void;
  /** Ends the stream without (the rest of) a response. */
  reset(): void;
  /** The message that is being answered. */
  readonly requestIsHttp10: boolean;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  /** Counted. */
  readDisable(disable: boolean): void;
}
