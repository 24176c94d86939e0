import type { FilterDataStatus, FilterHeadersStatus, FilterTrailersStatus } from "./filter-status.ts";
import type { HeaderMap } from "./http-headers.ts";
import type { ResponseFlag, StreamInfo } from "./stream-info.ts";
import type { Clock, Random, Timers } from "./time.ts";

/**
 * HTTP filters (envoy/http/filter.h).
 *
 * One instance is made per stream. The request passes the chain in configured order (`decode…`), the response in reverse
 * (`encode…`). The connection manager calls `setDecoderCallbacks` and `setEncoderCallbacks` once, before anything else, and
 * `onDestroy` once, last, however the stream ended: after it no callback of the stream may be used, timers must be disarmed
 * and calls to other services cancelled.
 *
 * Nothing here may throw because of what came from the network; a bug that throws ends that stream with a local 500 and
 * leaves the connection and the worker alone.
 *
 * Chunks are `Uint8Array`s (in practice Node `Buffer`s). They are borrowed for the call: a filter that keeps bytes itself
 * copies them. A filter changes a body by answering `StopIterationNoBuffer` and injecting, or by `setDecodingBuffer` and
 * `setEncodingBuffer`.
 */
export interface StreamDecoderFilter {
  setDecoderCallbacks(callbacks: DecoderCallbacks): void;
  /** Called once per request; `endStream`: there is neither body nor trailers. */
  decodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus;
  decodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus;
  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus;
  /** After the last of `decodeHeaders/Data/Trailers` was handed to this filter and passed on. */
  decodeComplete?(): void;
  onDestroy(): void;
}

export interface StreamEncoderFilter {
  setEncoderCallbacks(callbacks: EncoderCallbacks): void;
  /** 100 Continue or 103; never ends the stream. */
  encode1xxHeaders?(headers: HeaderMap): FilterHeadersStatus;
  encodeHeaders(headers: HeaderMap, endStream: boolean): FilterHeadersStatus;
  encodeData(chunk: Uint8Array, endStream: boolean): FilterDataStatus;
  encodeTrailers(trailers: HeaderMap): FilterTrailersStatus;
  encodeComplete?(): void;
  onDestroy(): void;
}

/** Both directions in one object; `onDestroy` is still called once. */
export interface StreamFilter extends StreamDecoderFilter, StreamEncoderFilter {}

/** What both directions share. */
export interface StreamFilterCallbacks {
  /** The filter's name in `http_filters`. */
  readonly filterConfigName: string;
  /** Unique in this worker, for logs. */
  readonly streamId: number;
  readonly streamInfo: StreamInfo;
  readonly connection: ConnectionInfo;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** The route chosen so far, computing it if need be; `undefined` when none matches. Stable until `clearRouteCache`. */
  route(): MatchedRoute | undefined;
  /** Forget the chosen route: the next `route()` matches again on the headers as they are now. */
  clearRouteCache(): void;
  /**
   * This filter's per-route configuration, as its manifest's `compilePerRoute` made it, the most specific first found:
   * weighted cluster, route, virtual host, route configuration. `undefined` when none is set.
   */
  perRouteConfig<T>(): T | undefined;
  /** As `perRouteConfig`, but all levels, least specific first. */
  allPerRouteConfigs<T>(): readonly T[];
  /** Ends the stream at once without a reply: RST_STREAM on HTTP/2, connection close on HTTP/1. */
  resetStream(): void;
  /** Bytes that may be buffered for one direction of this stream. */
  bufferLimitBytes(): number;
}

export interface DecoderCallbacks extends StreamFilterCallbacks {
  /** Resumes after any `Stop…` answer of this filter's decode callbacks. Harmless when nothing is stopped. */
  continueDecoding(): void;
  /** What is buffered for this filter, or `undefined`. */
  decodingBuffer(): Uint8Array | undefined;
  /** Replaces what is buffered for this filter. */
  setDecodingBuffer(body: Uint8Array): void;
  /** Replaces the limit of this stream's request buffer, also by a higher one. */
  setDecoderBufferLimit(bytes: number): void;
  /** Bytes that may be buffered of the request, as it was set last. */
  decoderBufferLimit(): number;
  /** Adds to the request body from inside `decodeHeaders`/`decodeData`/`decodeTrailers`; the next filters see it as data. */
  addDecodedData(chunk: Uint8Array, streaming: boolean): void;
  /** Passes data on to the filters behind this one, beside the iteration; for filters that answer `StopIterationNoBuffer`. */
  injectDecodedData(chunk: Uint8Array, endStream: boolean): void;
  /** Creates trailers; only inside `decodeData` with `endStream` true. */
  addDecodedTrailers(): HeaderMap;
  /**
   * Answers by itself. Passes the encoder filters like any response. `body` is a binary string, as headers' values are.
   * `details` becomes %RESPONSE_CODE_DETAILS% (snake_case, no spaces). `modify` may add headers. With gRPC requests the reply is
   * a trailers-only response with `grpcStatus`, else derived from `status`. `flag` is set once the reply is made, which does not
   * tell of it.
   */
  sendLocalReply(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
    flag?: ResponseFlag,
  ): void;
  /** For terminal filters (router): the response comes in by these. */
  encode1xxHeaders(headers: HeaderMap): void;
  encodeHeaders(headers: HeaderMap, endStream: boolean, details: string): void;
  encodeData(chunk: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: HeaderMap): void;
  /** Backpressure on the request's source: one `pause` owes one `resume`. Counted, so that filters do not undo each other. */
  pauseRequest(): void;
  resumeRequest(): void;
  /** Told when the response's sink is above its high watermark, and when it is below the low one again. */
  setDownstreamWatermarkCallbacks(callbacks: WatermarkCallbacks | undefined): void;
  /** The endpoint that the request's first try goes to, where its cluster has it; `undefined`: load balancing chooses. */
  setUpstreamOverrideHost(host: UpstreamOverrideHost | undefined): void;
  /** Internal redirect: start over with the headers as they are now. False when the request body is no longer whole. */
  recreateStream(): boolean;
}

export interface EncoderCallbacks extends StreamFilterCallbacks {
  continueEncoding(): void;
  encodingBuffer(): Uint8Array | undefined;
  setEncodingBuffer(body: Uint8Array): void;
  addEncodedData(chunk: Uint8Array, streaming: boolean): void;
  injectEncodedData(chunk: Uint8Array, endStream: boolean): void;
  addEncodedTrailers(): HeaderMap;
  /** Backpressure on the response's source: one `pause` owes one `resume`. Counted; the client's own watermarks hold besides. */
  pauseResponse(): void;
  resumeResponse(): void;
  sendLocalReply(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
  ): void;
}

export interface UpstreamOverrideHost {
  /** As logs print it: `ip:port`, `[v6]:port` or a socket path. */
  readonly address: string;
  /** No other endpoint will do. */
  readonly strict: boolean;
  /** What strict requests are answered with when the cluster has no such endpoint; default 503. */
  readonly statusWhenAbsent?: number | undefined;
}

export interface WatermarkCallbacks {
  onAboveHighWatermark(): void;
  onBelowLowWatermark(): void;
}

/** Whether a connection ended with a TCP reset, and by whom. */
export type DetectedCloseType = "Normal" | "LocalReset" | "RemoteReset";

/** What a filter may know of the downstream connection. */
export interface ConnectionInfo {
  readonly id: number;
  /** `ip:port`, `[v6]:port` or a socket path: the peer of the socket. */
  readonly directRemoteAddress: string;
  /** The client's address as worked out by listener filters and x-forwarded-for. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** Where the socket itself is bound, if a listener filter restored another `localAddress`. */
  readonly directLocalAddress?: string | undefined;
  /** SNI, or undefined. */
  readonly requestedServerName: string | undefined;
  readonly tls: TlsInfo | undefined;
  /** Why its TLS handshake failed; undefined or "" where it did not. */
  readonly transportFailureReason?: string | undefined;
  /** "" when the chain has none. */
  readonly filterChainName?: string | undefined;
  /** `filter_metadata` of the listener that it came in by, and of its chain. */
  readonly listenerMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly filterChainMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** `envoy.config.core.v3.TrafficDirection` of the listener; default 0, unspecified. */
  readonly listenerDirection?: number | undefined;
  /** TLVs of the PROXY header that it came with, as far as the listener passes them on; undefined: there was none. */
  readonly proxyTlvs?: readonly { readonly type: number; readonly value: Uint8Array }[] | undefined;
  /** Of a connection to an upstream: the filter state that its clients share with it. */
  readonly filterState?: ReadonlyMap<string, unknown> | undefined;
  /** Fingerprints of the ClientHello, where the TLS inspector took them. */
  readonly ja3?: string | undefined;
  readonly ja4?: string | undefined;
  /** Of a TCP session (`%STREAM_ID%`). */
  readonly sessionId?: string | undefined;
  /** On the worker's monotonic clock, in ms: accepted or begun to connect; connected (an upstream's); its TLS handshake done. */
  readonly begunAtMs?: number | undefined;
  readonly connectedAtMs?: number | undefined;
  readonly securedAtMs?: number | undefined;
  /** How it ended; `Normal` as long as it has not. */
  readonly detectedCloseType?: DetectedCloseType | undefined;
  /** Why this side closed it, where Envoy has a word for that. */
  readonly localCloseReason?: string | undefined;
}

export interface TlsInfo {
  readonly version: string;
  readonly cipherSuite: string;
  readonly alpn: string | undefined;
  readonly peerCertificatePresented: boolean;
  readonly peerCertificateValidated: boolean;
  readonly uriSanPeer: readonly string[];
  readonly dnsSanPeer: readonly string[];
  readonly subjectPeer: string | undefined;
  /** SHA-256, hex. */
  readonly sha256PeerCertificateDigest: string | undefined;
  /** Hex; absent where the session has none. */
  readonly sessionId?: string | undefined;
  /** SNI of the handshake. */
  readonly requestedServerName?: string | undefined;
  readonly sessionReused?: boolean;
  /** Group of the key exchange, as BoringSSL names it (`X25519`, `P-256`). */
  readonly group?: string | undefined;
  /** What else the peer's certificate says, where one was presented. */
  readonly peer?: CertificateInfo | undefined;
  /** The peer's whole chain as it was sent, the leaf first, each in PEM. */
  readonly peerChainPem?: readonly string[] | undefined;
  /** The same, taken apart. */
  readonly peerChain?: readonly CertificateInfo[] | undefined;
  /** This side's certificate. */
  readonly local?: CertificateInfo | undefined;
}

/** What a certificate says of its holder. Texts are as Envoy's %DOWNSTREAM_PEER_…% operators print them. */
export interface CertificateInfo {
  /** RFC 2253. */
  readonly subject: string;
  readonly issuer: string;
  /** Hex, lower case. */
  readonly serial: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  readonly emailSans: readonly string[];
  readonly ipSans: readonly string[];
  readonly otherNameSans?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly pem: string;
}

/** The part of a chosen route that filters may look at. */
export interface MatchedRoute {
  /** `name` of the route, "" when it has none. */
  readonly name: string;
  readonly virtualHostName: string;
  /** The cluster that was picked, or undefined for redirects and direct responses. */
  readonly clusterName: string | undefined;
  /** `metadata.filter_metadata` of the route. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** `metadata.typed_filter_metadata` of the route: messages as they are, by namespace. */
  readonly typedMetadata?: Readonly<Record<string, TypedMetadata>> | undefined;
  /** That of its virtual host. */
  readonly virtualHostMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** The older `cors` of the route and of its virtual host, the route's first, as the CORS filter compiles policies. */
  readonly corsPolicies?: readonly unknown[];
}

/** A `google.protobuf.Any`. */
export interface TypedMetadata {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}
