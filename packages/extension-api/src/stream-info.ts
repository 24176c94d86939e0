import type { ConnectionInfo, DetectedCloseType, TlsInfo } from "./http-filter.ts";

/** What is known of a request or connection; the source of access logs, header formatters and traces (envoy/stream_info/stream_info.h). */
export interface StreamInfo {
  /** Wall clock of the first byte, in milliseconds since the epoch. */
  readonly startTimeMs: number;
  /** The same moment on the worker's monotonic clock, in milliseconds. */
  readonly startNowMs?: number;
  /** Monotonic, from the start, in milliseconds; undefined until it happened. */
  readonly lastDownstreamRxByteMs: number | undefined;
  readonly firstUpstreamTxByteMs: number | undefined;
  readonly lastUpstreamTxByteMs: number | undefined;
  readonly firstUpstreamRxByteMs: number | undefined;
  /** Of its body. */
  readonly firstUpstreamRxBodyByteMs?: number | undefined;
  readonly lastUpstreamRxByteMs: number | undefined;
  readonly firstDownstreamTxByteMs: number | undefined;
  readonly lastDownstreamTxByteMs: number | undefined;
  readonly durationMs: number | undefined;
  /** `HTTP/1.1`, `HTTP/2`, …, or undefined before it is known. */
  readonly protocol: string | undefined;
  /** 0 while there is none. */
  readonly responseCode: number;
  /** One snake_case word or more: `via_upstream`, `route_not_found`, … */
  responseCodeDetails: string;
  /** Bit set of `ResponseFlag`. */
  readonly responseFlags: number;
  setResponseFlag(flag: ResponseFlag): void;
  /** The flags in the order in which they were first set, as %RESPONSE_FLAGS% prints them; absent: in that of their codes. */
  readonly responseFlagOrder?: readonly ResponseFlag[];
  /** Body bytes. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Of the client's stream (or TCP session); absent where none is metered. */
  readonly downstreamBytes?: ByteCounts | undefined;
  /** Of the last try's stream and of all tries before it; absent while none has a connection. */
  readonly upstreamBytes?: ByteCounts | undefined;
  readonly routeName: string;
  readonly virtualHostName: string;
  readonly upstreamCluster: string | undefined;
  /** What its stats and logs call the cluster: `alt_stat_name`, or its name. */
  readonly upstreamClusterStatName: string | undefined;
  /** `filter_metadata` of that cluster. */
  readonly upstreamClusterMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly upstreamRemoteAddress: string | undefined;
  readonly upstreamLocalAddress: string | undefined;
  readonly upstreamTransportFailureReason: string;
  readonly upstreamRequestAttemptCount: number;
  /** Of the upstream connection that served (or failed) the last try. */
  readonly upstreamProtocol?: string | undefined;
  readonly upstreamConnectionId?: number | undefined;
  readonly upstreamTls?: TlsInfo | undefined;
  /** The endpoint's own name, where configuration gives it one. */
  readonly upstreamHostName?: string | undefined;
  /** The upstream connection that the last try got. */
  readonly upstreamConnection?: ConnectionInfo | undefined;
  /** Of a TCP session; undefined for a request. */
  readonly upstreamSession?: UpstreamSession | undefined;
  /** How often the request looked for its route, and how long that took; only where a format or a stat wants it. */
  readonly routeResolutions?: number;
  readonly routeResolutionMs?: number;
  /** From the wish for an upstream stream until one was ready. */
  readonly upstreamPoolReadyMs?: number | undefined;
  /** `filter_metadata` of the endpoint of the last try. */
  readonly upstreamMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly virtualClusterName?: string | undefined;
  /** Why the downstream connection was ended by us. */
  readonly connectionTerminationDetails?: string | undefined;
  setConnectionTerminationDetails?(details: string): void;
  /** What filters flag beyond `ResponseFlag`, joined with commas. */
  readonly customFlags?: string | undefined;
  /** Why the request is traced; undefined: it is not. */
  readonly traceReason?: TraceReason | undefined;
  /** A health check: neither traced nor counted among the requests that were answered. */
  readonly healthCheck?: boolean;
  setHealthCheck?(): void;
  /** Dynamic metadata by filter name. */
  getDynamicMetadata(filter: string): Readonly<Record<string, unknown>> | undefined;
  setDynamicMetadata(filter: string, value: Record<string, unknown>): void;
  /** All of it; undefined: there is none. */
  readonly dynamicMetadata?: ReadonlyMap<string, Readonly<Record<string, unknown>>> | undefined;
  /** Objects shared between filters of one stream, by name; a request sees its connection's, too, and cannot replace them. */
  readonly filterState: Map<string, unknown>;
  /** Of the upstream connection of the last try; undefined: none is shared with it. */
  readonly upstreamFilterState?: ReadonlyMap<string, unknown> | undefined;
}

/** What a TCP session's log tells of its upstream beyond a request's. */
export interface UpstreamSession {
  /** Of all attempts to connect, in order; empty where no format prints them. */
  readonly hostsAttempted: readonly AttemptedHost[];
  readonly detectedCloseType: DetectedCloseType;
  /** Why it was closed from this side; "" where Envoy tells no reason. */
  readonly localCloseReason: string;
}

export interface AttemptedHost {
  /** `ip:port`, `[v6]:port` or a path. */
  readonly address: string;
  /** The endpoint's own name, or "". */
  readonly hostname: string;
}

/**
 * Bytes of a stream, as Envoy's `BytesMeter` has them; TLS is left out. HTTP/2: of frames that are the stream's, with their
 * heads. Header bytes of HTTP/1 are those of field lines, where each that is received counts one less for its space.
 */
export interface ByteCounts {
  readonly wireBytesSent: number;
  readonly wireBytesReceived: number;
  readonly headerBytesSent: number;
  readonly headerBytesReceived: number;
  /** HTTP/2: names and values. HTTP/1: as `headerBytes…`, but for received trailers, and what came before counts with each head. */
  readonly decompressedHeaderBytesSent: number;
  readonly decompressedHeaderBytesReceived: number;
}

/** Who wanted a request to be traced. */
export type TraceReason = "sampling" | "service_forced" | "client_forced";

/** Envoy's response flags; `RESPONSE_FLAG_CODES` has the letters that access logs print. */
export const ResponseFlag = {
  FailedLocalHealthCheck: 1,
  NoHealthyUpstream: 2,
  UpstreamRequestTimeout: 4,
  LocalReset: 8,
  UpstreamRemoteReset: 16,
  UpstreamConnectionFailure: 32,
  UpstreamConnectionTermination: 64,
  UpstreamOverflow: 128,
  NoRouteFound: 256,
  DelayInjected: 512,
  FaultInjected: 1024,
  RateLimited: 2048,
  UnauthorizedExternalService: 4096,
  RateLimitServiceError: 8192,
  DownstreamConnectionTermination: 16384,
  UpstreamRetryLimitExceeded: 32768,
  StreamIdleTimeout: 65536,
  InvalidEnvoyRequestHeaders: 131072,
  DownstreamProtocolError: 262144,
  UpstreamMaxStreamDurationReached: 524288,
  ResponseFromCacheFilter: 1048576,
  NoFilterConfigFound: 2097152,
  DurationTimeout: 4194304,
  UpstreamProtocolError: 8388608,
  NoClusterFound: 16777216,
  OverloadManager: 33554432,
  DnsResolutionFailed: 67108864,
  DropOverload: 134217728,
  DownstreamRemoteReset: 268435456,
  UnconditionalDropOverload: 536870912,
} as const;
export type ResponseFlag = (typeof ResponseFlag)[keyof typeof ResponseFlag];

/** Bit → what %RESPONSE_FLAGS% prints. */
export const RESPONSE_FLAG_CODES: ReadonlyArray<readonly [ResponseFlag, string]> = [
  [ResponseFlag.FailedLocalHealthCheck, "LH"],
  [ResponseFlag.NoHealthyUpstream, "UH"],
  [ResponseFlag.UpstreamRequestTimeout, "UT"],
  [ResponseFlag.LocalReset, "LR"],
  [ResponseFlag.UpstreamRemoteReset, "UR"],
  [ResponseFlag.UpstreamConnectionFailure, "UF"],
  [ResponseFlag.UpstreamConnectionTermination, "UC"],
  [ResponseFlag.UpstreamOverflow, "UO"],
  [ResponseFlag.NoRouteFound, "NR"],
  [ResponseFlag.DelayInjected, "DI"],
  [ResponseFlag.FaultInjected, "FI"],
  [ResponseFlag.RateLimited, "RL"],
  [ResponseFlag.UnauthorizedExternalService, "UAEX"],
  [ResponseFlag.RateLimitServiceError, "RLSE"],
  [ResponseFlag.DownstreamConnectionTermination, "DC"],
  [ResponseFlag.UpstreamRetryLimitExceeded, "URX"],
  [ResponseFlag.StreamIdleTimeout, "SI"],
  [ResponseFlag.InvalidEnvoyRequestHeaders, "IH"],
  [ResponseFlag.DownstreamProtocolError, "DPE"],
  [ResponseFlag.UpstreamMaxStreamDurationReached, "UMSDR"],
  [ResponseFlag.ResponseFromCacheFilter, "RFCF"],
  [ResponseFlag.NoFilterConfigFound, "NFCF"],
  [ResponseFlag.DurationTimeout, "DT"],
  [ResponseFlag.UpstreamProtocolError, "UPE"],
  [ResponseFlag.NoClusterFound, "NC"],
  [ResponseFlag.OverloadManager, "OM"],
  [ResponseFlag.DnsResolutionFailed, "DF"],
  [ResponseFlag.DropOverload, "DO"],
  [ResponseFlag.DownstreamRemoteReset, "DR"],
  [ResponseFlag.UnconditionalDropOverload, "UDO"],
];
