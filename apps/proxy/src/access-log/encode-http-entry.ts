import type { HeaderMap } from "@sluice/extension-api";
import { ResponseFlag } from "@sluice/extension-api";
import { printValue } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { ValueProvider } from "../formatter/operator.ts";
import type { ProtoWriter } from "../grpc/proto-writer.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import { loggedFilterState } from "./logged-filter-state.ts";

/** What a gRPC access log adds to the standard properties. Header names are lower case. */
export interface EntryExtras {
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly responseTrailers: readonly string[];
  readonly customTags: readonly (readonly [tag: string, value: readonly (string | ValueProvider)[]])[];
  /** Keys of the filter state. */
  readonly filterState: readonly string[];
}

const METHODS: Readonly<Record<string, number>> = {
  GET: 1,
  HEAD: 2,
  POST: 3,
  PUT: 4,
  DELETE: 5,
  CONNECT: 6,
  OPTIONS: 7,
  TRACE: 8,
  PATCH: 9,
};
const VERSIONS: Readonly<Record<string, number>> = { "HTTP/1.0": 1, "HTTP/1.1": 2, "HTTP/2": 3, "HTTP/3": 4 };

/** Our flag bit → field of envoy.data.accesslog.v3.ResponseFlags (13 is a message of its own). */
const FLAG_FIELDS: readonly (readonly [number, number])[] = [
  [ResponseFlag.FailedLocalHealthCheck, 1],
  [ResponseFlag.NoHealthyUpstream, 2],
  [ResponseFlag.UpstreamRequestTimeout, 3],
  [ResponseFlag.LocalReset, 4],
  [ResponseFlag.UpstreamRemoteReset, 5],
  [ResponseFlag.UpstreamConnectionFailure, 6],
  [ResponseFlag.UpstreamConnectionTermination, 7],
  [ResponseFlag.UpstreamOverflow, 8],
  [ResponseFlag.NoRouteFound, 9],
  [ResponseFlag.DelayInjected, 10],
  [ResponseFlag.FaultInjected, 11],
  [ResponseFlag.RateLimited, 12],
  [ResponseFlag.RateLimitServiceError, 14],
  [ResponseFlag.DownstreamConnectionTermination, 15],
  [ResponseFlag.UpstreamRetryLimitExceeded, 16],
  [ResponseFlag.StreamIdleTimeout, 17],
  [ResponseFlag.InvalidEnvoyRequestHeaders, 18],
  [ResponseFlag.DownstreamProtocolError, 19],
  [ResponseFlag.UpstreamMaxStreamDurationReached, 20],
  [ResponseFlag.ResponseFromCacheFilter, 21],
  [ResponseFlag.NoFilterConfigFound, 22],
  [ResponseFlag.DurationTimeout, 23],
  [ResponseFlag.UpstreamProtocolError, 24],
  [ResponseFlag.NoClusterFound, 25],
  [ResponseFlag.OverloadManager, 26],
  [ResponseFlag.DnsResolutionFailed, 27],
  [ResponseFlag.DownstreamRemoteReset, 28],
];

/** Writes `log_entry` (field 1): an envoy.data.accesslog.v3.HTTPAccessLogEntry. */
export function encodeHttpEntry(writer: ProtoWriter, context: FormatContext, extras: EntryExtras): void {
  const entry = writer.begin(1);
  encodeCommon(writer, context, extras);
  writer.uint(2, VERSIONS[context.streamInfo.protocol ?? ""] ?? 0);
  encodeRequest(writer, context, extras);
  encodeResponse(writer, context, extras);
  writer.end(entry);
}

/** Writes `log_entry` (field 1): an envoy.data.accesslog.v3.TCPAccessLogEntry. */
export function encodeTcpEntry(writer: ProtoWriter, context: FormatContext, extras: EntryExtras): void {
  const entry = writer.begin(1);
  encodeCommon(writer, context, extras);
  const connection = writer.begin(2);
  writer.uint(1, context.streamInfo.bytesReceived);
  writer.uint(2, context.streamInfo.bytesSent);
  writer.end(connection);
  writer.end(entry);
}

function encodeCommon(writer: ProtoWriter, context: FormatContext, extras: EntryExtras): void {
  const { streamInfo: info, connection } = context;
  const common = writer.begin(1);
  address(writer, 2, connection.remoteAddress);
  address(writer, 3, connection.localAddress);
  if (connection.tls !== undefined) {
    const tls = writer.begin(4);
    writer.uint(1, { TLSv1: 1, "TLSv1.1": 2, "TLSv1.2": 3, "TLSv1.3": 4 }[connection.tls.version] ?? 0);
    writer.string(3, connection.requestedServerName ?? "");
    writer.end(tls);
  }
  const start = writer.begin(5);
  writer.uint(1, Math.floor(info.startTimeMs / 1000));
  writer.uint(2, Math.round((info.startTimeMs % 1000) * 1e6));
  writer.end(start);
  duration(writer, 6, info.lastDownstreamRxByteMs);
  duration(writer, 7, info.firstUpstreamTxByteMs);
  duration(writer, 8, info.lastUpstreamTxByteMs);
  duration(writer, 9, info.firstUpstreamRxByteMs);
  duration(writer, 10, info.lastUpstreamRxByteMs);
  duration(writer, 11, info.firstDownstreamTxByteMs);
  duration(writer, 12, info.lastDownstreamTxByteMs);
  address(writer, 13, info.upstreamRemoteAddress);
  address(writer, 14, info.upstreamLocalAddress);
  writer.string(15, info.upstreamCluster ?? "");
  if (info.responseFlags !== 0) flags(writer, info.responseFlags);
  writer.string(18, info.upstreamTransportFailureReason);
  writer.string(19, info.routeName);
  address(writer, 20, connection.directRemoteAddress);
  for (const key of extras.filterState) filterStateObject(writer, key, loggedFilterState(info, key));
  for (const [tag, parts] of extras.customTags) {
    let value = "";
    for (const part of parts) value += typeof part === "string" ? part : printValue(part(context), "");
    if (value === "") continue;
    const pair = writer.begin(22);
    writer.string(1, tag);
    writer.headerString(2, value);
    writer.end(pair);
  }
  duration(writer, 23, info.durationMs);
  writer.uint(24, info.upstreamRequestAttemptCount);
  writer.headerString(26, context.request?.get("x-request-id") ?? "");
  writer.uint(29, info.downstreamBytes?.wireBytesSent ?? 0);
  writer.uint(30, info.downstreamBytes?.wireBytesReceived ?? 0);
  writer.uint(31, info.upstreamBytes?.wireBytesSent ?? 0);
  writer.uint(32, info.upstreamBytes?.wireBytesReceived ?? 0);
  writer.end(common);
}

/** An entry of `filter_state_objects`: a text is a `StringValue`, as of Envoy's own objects of that kind. */
function filterStateObject(writer: ProtoWriter, key: string, text: string | undefined): void {
  if (text === undefined) return;
  const pair = writer.begin(21);
  writer.string(1, key);
  const any = writer.begin(2);
  writer.string(1, "type.googleapis.com/google.protobuf.StringValue");
  const value = writer.begin(2);
  writer.headerString(1, text);
  writer.end(value);
  writer.end(any);
  writer.end(pair);
}

function encodeRequest(
  writer: ProtoWriter,
  { request, streamInfo }: FormatContext,
  extras: EntryExtras,
): void {
  const message = writer.begin(3);
  if (request !== undefined) encodeRequestHead(writer, request, extras);
  writer.uint(12, streamInfo.bytesReceived);
  writer.uint(14, streamInfo.upstreamBytes?.headerBytesSent ?? 0);
  writer.uint(15, streamInfo.downstreamBytes?.headerBytesReceived ?? 0);
  writer.end(message);
}

function encodeRequestHead(writer: ProtoWriter, request: HeaderMap, extras: EntryExtras): void {
  writer.uint(1, METHODS[request.get(":method") ?? ""] ?? 0);
  writer.headerString(2, request.get(":scheme") ?? "");
  writer.headerString(3, request.get(":authority") ?? "");
  writer.headerString(5, request.get(":path") ?? "");
  writer.headerString(6, request.get("user-agent") ?? "");
  writer.headerString(7, request.get("referer") ?? "");
  writer.headerString(8, request.get("x-forwarded-for") ?? "");
  writer.headerString(9, request.get("x-request-id") ?? "");
  writer.headerString(10, request.get(EnvoyHeader.originalPath) ?? "");
  writer.uint(11, request.byteSize);
  headers(writer, 13, request, extras.requestHeaders);
}

function encodeResponse(writer: ProtoWriter, context: FormatContext, extras: EntryExtras): void {
  const { response, responseTrailers, streamInfo } = context;
  const message = writer.begin(4);
  if (streamInfo.responseCode !== 0) {
    const code = writer.begin(1);
    writer.uint(1, streamInfo.responseCode);
    writer.end(code);
  }
  writer.uint(2, response?.byteSize ?? 0);
  writer.uint(3, streamInfo.bytesSent);
  headers(writer, 4, response, extras.responseHeaders);
  headers(writer, 5, responseTrailers, extras.responseTrailers);
  writer.string(6, streamInfo.responseCodeDetails);
  writer.uint(7, streamInfo.upstreamBytes?.headerBytesReceived ?? 0);
  writer.uint(8, streamInfo.downstreamBytes?.headerBytesSent ?? 0);
  writer.end(message);
}

function headers(
  writer: ProtoWriter,
  field: number,
  from: HeaderMap | undefined,
  names: readonly string[],
): void {
  if (from === undefined) return;
  for (const name of names) {
    const value = from.getAll(name);
    if (value === undefined) continue;
    const pair = writer.begin(field);
    writer.headerString(1, name);
    writer.headerString(2, value);
    writer.end(pair);
  }
}

function address(writer: ProtoWriter, field: number, text: string | undefined): void {
  if (text === undefined || text === "") return;
  const message = writer.begin(field);
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.startsWith("/")) {
    const pipe = writer.begin(2);
    writer.string(1, text);
    writer.end(pipe);
  } else {
    const socket = writer.begin(1);
    writer.string(2, text.startsWith("[") ? text.slice(1, colon - 1) : text.slice(0, colon));
    writer.uintAlways(3, Number(text.slice(colon + 1)));
    writer.end(socket);
  }
  writer.end(message);
}

function duration(writer: ProtoWriter, field: number, ms: number | undefined): void {
  if (ms === undefined) return;
  const message = writer.begin(field);
  const seconds = Math.floor(ms / 1000);
  writer.uint(1, seconds);
  writer.uint(2, Math.floor((ms - seconds * 1000) * 1e6));
  writer.end(message);
}

function flags(writer: ProtoWriter, bits: number): void {
  const message = writer.begin(16);
  for (const [bit, field] of FLAG_FIELDS) if ((bits & bit) !== 0) writer.bool(field, true);
  if ((bits & ResponseFlag.UnauthorizedExternalService) !== 0) {
    const details = writer.begin(13);
    writer.uint(1, 1);
    writer.end(details);
  }
  writer.end(message);
}
