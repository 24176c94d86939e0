import type { WatermarkCallbacks } from "@sluice/extension-api";
import type { StreamSource } from "../overload/high-memory-streams.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
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
  | "overload manager"
  | "protocol error";

/** `request_headers_timeout`, `request_timeout`, `stream_idle_timeout`, `max_stream_duration`. */
export type HeadTimeout = "head" | "request" | "idle" | "duration";

/** The receiving half of a message. Chunks are borrowed for the call. */
export interface MessageDecoder {
  decodeHeaders(headers: Headers, endStream: boolean): void;
  decodeData(chunk: Uint8Array, endStream: boolean): void;
  decodeTrailers(trailers: Headers): void;
}

/** A request's stream as the codec drives it. */
export interface RequestStream extends MessageDecoder {
  /** The codec adds what the stream takes, before it tells of it. */
  readonly meter: ByteMeter;
  /** The stream is gone: the client left, or the codec gave up. Once, last. `details`: Envoy's words where the codec has them, else "". */
  onReset(reason: StreamResetReason, details: string): void;
  /** The head did not arrive in time: answer 408. Instead of `decodeHeaders`. */
  onHeadTimeout(which: HeadTimeout): void;
  /** The rest of the message cannot be understood: answer if nothing was answered yet. The connection closes behind it. */
  onCodecError(error: CodecError): void;
  /** Both messages are through: the whole request was parsed, the whole response handed to the connection. */
  onComplete(): void;
  /** What is held of the request and its response between the codec and the upstream's, in octets. */
  readonly heldBytes: number;
}

/** What a codec found wrong: the reply's status and Envoy's details. */
export interface CodecError {
  readonly status: number;
  readonly details: string;
  readonly message: string;
}

/** A response's stream as the client codec drives it. */
export interface ResponseStream extends MessageDecoder {
  /** As a request's; undefined where nobody asks. */
  readonly meter: ByteMeter | undefined;
  decode1xxHeaders(headers: Headers): void;
  /** Nothing follows. */
  onReset(reason: StreamResetReason, transportFailure: string): void;
}

/**
 * What a request is sent through. It may be used until its stream is over: both messages are through, or it was reset by
 * either side. Afterwards it may belong to another stream (HTTP/1 has one encoder per connection).
 */
export interface RequestEncoder {
  /** "": none, the body goes out as raw bytes. */
  readonly protocol: "HTTP/1.1" | "HTTP/2" | "";
  encodeHeaders(headers: Headers, endStream: boolean): void;
  encodeData(chunk: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: Headers): void;
  /**
   * The messages are a tunnel's: where a connection carries one exchange (HTTP/1), the end of either ends it, behind what was
   * written. To be said before the headers; nothing in HTTP/2.
   */
  endsConnection(): void;
  /** Gives the exchange up: its response stream hears nothing more. HTTP/1 loses the connection with it. */
  reset(): void;
  /** Holds the response back. Counted; what is still held when the stream is over is let go. */
  readDisable(disable: boolean): void;
  /** Tells when the request's sink (the connection, or the stream's window) is full; over with the stream. */
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  /** What waits for the upstream to take it, and of the response for its reader, in octets. */
  readonly bufferedBytes: number;
}

/** One upstream connection's codec. Bytes come by `dispatch`, go to the connection that it was made with. */
export interface ClientCodec {
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  readonly activeStreams: number;
  /** Streams that may be open at once: the smaller of the configuration's and the peer's limit; 1 for HTTP/1. */
  readonly maxConcurrentStreams: number;
  /** Begins an exchange; the caller has asked `maxConcurrentStreams` before. */
  newStream(response: ResponseStream): RequestEncoder;
  dispatch(chunk: Buffer): void;
  /**
   * The connection is gone (or the peer has half-closed it): ends the body that lasts until then, resets every other stream.
   * Answers whether one was reset. `byPeer`: an HTTP/1 message that is cut by it is a protocol error, as in Envoy.
   */
  onConnectionClosed(reason: StreamResetReason, transportFailure: string, byPeer?: boolean): boolean;
}

/** Who made a client codec. */
export interface ClientCodecCallbacks {
  /**
   * A stream is over, after its response stream was told. `reusable`: the connection may carry another. `complete`: both
   * messages went through.
   */
  onStreamClosed(reusable: boolean, complete: boolean): void;
  /** The peer takes no more streams; those in progress go on. `failed`: for an error. */
  onGoAway(failed: boolean): void;
  /** `maxConcurrentStreams` has changed. */
  onStreamLimit(): void;
  /** The peer broke the protocol; the streams have been told, the connection is to be closed. */
  onProtocolError(error: CodecError): void;
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
  /**
   * Ends the stream without (the rest of) a response, or of its request. The stream gets no callback any more. Answers Envoy's
   * details where the codec has any of its own to tell, else "".
   */
  reset(reason: StreamResetReason): string;
  /** The whole response was handed over, but its rest waits for the peer too long: `reset`, and counted. */
  timeOutFlush(): void;
  /** Counted. */
  readDisable(disable: boolean): void;
  /** What was handed over has piled up behind the peer: its connection's buffer or, in HTTP/2, the stream's window. */
  addWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  removeWatermarkCallbacks(callbacks: WatermarkCallbacks): void;
  readonly aboveHighWatermark: boolean;
  /**
   * The message was answered as invalid: none follows it on its connection (`connection: close`), unless the codec is told to
   * keep it. Without effect where streams are independent.
   */
  refuseReuse(): void;
  /** The rest of the message is of no interest, even if it has come. HTTP/1 ends the connection behind the answer. */
  leaveUnread(): void;
}

/** What the connection manager gives to its codec. */
export interface ServerCodecCallbacks {
  /** A request begins (or something that should have been one failed). */
  newStream(encoder: ResponseEncoder): RequestStream;
  /** The head of a next request has begun, and no read brought it: it had waited behind the request before. */
  onHeadBegun(): void;
  /**
   * The peer broke the protocol; streams have been told. The connection is to be closed behind what was written. `cut`: streams were
   * lost with it, which are not the connection's any more.
   */
  onProtocolError(error: CodecError, cut: boolean): void;
  /** The peer exceeded a limit against floods; streams have been told. The connection is to be closed. */
  onFlood(details: string, cut: boolean): void;
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
  /** The message just answered is surely the last to come, and the end can cut nothing off. `complete`: it was read whole. */
  endsCleanly(complete: boolean): boolean;
  /** Its streams, where more than one may hold much. */
  readonly streamSource: StreamSource | undefined;
  dispatch(chunk: Buffer): void;
  /** Nothing is read any more, no callback follows. */
  stop(): void;
  /** The connection is gone: so are its streams. `details`: Envoy's words where there are any, else "". */
  onConnectionClosed(details: string): void;
  /** The connection will end: HTTP/1 says so in its next response; HTTP/2 by GOAWAY, still taking what is on its way. */
  notifyShutdown(): void;
  /** No further streams are taken. */
  goAway(): void;
  /** The head that `readingHead` tells of took too long. */
  failHead(which: HeadTimeout): void;
  /**
   * There is no room for what comes, and the connection is to end. HTTP/1 answers the message that is about to begin by 500 and
   * ends by itself; HTTP/2 says GOAWAY and gives up its streams, and its owner closes the connection.
   */
  failOverloaded(): void;
}
