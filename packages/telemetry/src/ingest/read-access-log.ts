import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { RequestMethod } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type AccessLogCommon,
  type HTTPAccessLogEntry,
  HTTPAccessLogEntry_HTTPVersion as HttpVersion,
  type TCPAccessLogEntry,
} from "@sluice/xds/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import type { StreamAccessLogsMessage } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogEntry } from "../contract.ts";
import { addressText } from "../topology/topology-configuration.ts";
import type { Naming } from "./naming.ts";
import { responseFlagCodes } from "./response-flags.ts";

/** Not stored yet: the store gives the id. */
export type NewAccessLogEntry = Omit<AccessLogEntry, "id">;

const PROTOCOLS: Readonly<Record<HttpVersion, string>> = {
  [HttpVersion.PROTOCOL_UNSPECIFIED]: "",
  [HttpVersion.HTTP10]: "HTTP/1.0",
  [HttpVersion.HTTP11]: "HTTP/1.1",
  [HttpVersion.HTTP2]: "HTTP/2",
  [HttpVersion.HTTP3]: "HTTP/3",
};

/** @param origin.listener the stream's `log_name`: the control plane puts the listener's name there */
export function readAccessLog(
  message: StreamAccessLogsMessage,
  origin: { readonly node: string; readonly listener: string; readonly naming?: Naming },
): NewAccessLogEntry[] {
  switch (message.logEntries.case) {
    case "httpLogs":
      return message.logEntries.value.logEntry
        .filter((entry) => entry.commonProperties?.intermediateLogEntry !== true)
        .map((entry) => httpEntry(entry, origin));
    case "tcpLogs":
      return message.logEntries.value.logEntry
        .filter((entry) => entry.commonProperties?.intermediateLogEntry !== true)
        .map((entry) => tcpEntry(entry, origin));
    default:
      return [];
  }
}

type Origin = Parameters<typeof readAccessLog>[1];

function httpEntry(entry: HTTPAccessLogEntry, origin: Origin): NewAccessLogEntry {
  const { request, response } = entry;
  const authority = request?.authority ?? "";
  const method = request?.requestMethod ?? RequestMethod.METHOD_UNSPECIFIED;
  return {
    ...commonOf(entry.commonProperties, origin),
    method: method === RequestMethod.METHOD_UNSPECIFIED ? "" : (RequestMethod[method] ?? ""),
    authority,
    path:
      request?.originalPath === undefined || request.originalPath === ""
        ? (request?.path ?? "")
        : request.originalPath,
    protocol: PROTOCOLS[entry.protocolVersion],
    status: response?.responseCode ?? 0,
    details: response?.responseCodeDetails ?? "",
    bytesReceived: Number((request?.requestHeadersBytes ?? 0n) + (request?.requestBodyBytes ?? 0n)),
    bytesSent: Number((response?.responseHeadersBytes ?? 0n) + (response?.responseBodyBytes ?? 0n)),
    virtualHost: origin.naming?.virtualHostFor(origin.listener, authority) ?? "",
    requestId: request?.requestId ?? "",
    userAgent: request?.userAgent ?? "",
  };
}

function tcpEntry(entry: TCPAccessLogEntry, origin: Origin): NewAccessLogEntry {
  return {
    ...commonOf(entry.commonProperties, origin),
    method: "",
    authority: entry.commonProperties?.tlsProperties?.tlsSniHostname ?? "",
    path: "",
    protocol: "TCP",
    status: 0,
    details: entry.commonProperties?.connectionTerminationDetails ?? "",
    bytesReceived: Number(entry.connectionProperties?.receivedBytes ?? 0n),
    bytesSent: Number(entry.connectionProperties?.sentBytes ?? 0n),
    virtualHost: "",
    requestId: "",
    userAgent: "",
  };
}

function commonOf(common: AccessLogCommon | undefined, origin: Origin) {
  return {
    at: timestampDate(common?.startTime),
    node: origin.node,
    listener: origin.listener,
    flags: responseFlagCodes(common?.responseFlags),
    durationMs: durationMs(common?.duration) ?? durationMs(common?.timeToLastDownstreamTxByte) ?? 0,
    route: common?.routeName ?? "",
    cluster: common?.upstreamCluster ?? "",
    upstreamAddress: addressText(common?.upstreamRemoteAddress),
    downstreamAddress: addressText(common?.downstreamRemoteAddress),
    attempts: common?.upstreamRequestAttemptCount ?? 0,
    traceId: (common?.customTags.trace_id ?? "").toLowerCase(),
    timings: timingsOf(common),
  };
}

function timingsOf(common: AccessLogCommon | undefined): Record<string, number> {
  const timings: Record<string, number> = {};
  const put = (name: string, duration: Duration | undefined) => {
    const ms = durationMs(duration);
    if (ms !== undefined) timings[name] = ms;
  };
  put("request received", common?.timeToLastRxByte);
  put("upstream first byte sent", common?.timeToFirstUpstreamTxByte);
  put("upstream last byte sent", common?.timeToLastUpstreamTxByte);
  put("upstream first byte received", common?.timeToFirstUpstreamRxByte);
  put("upstream last byte received", common?.timeToLastUpstreamRxByte);
  put("response first byte sent", common?.timeToFirstDownstreamTxByte);
  put("response last byte sent", common?.timeToLastDownstreamTxByte);
  return timings;
}

function durationMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

function timestampDate(timestamp: Timestamp | undefined): Date {
  return timestamp === undefined
    ? new Date()
    : new Date(Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6);
}
