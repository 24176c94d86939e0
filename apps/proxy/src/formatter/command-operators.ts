import { hostname } from "node:os";
import { RESPONSE_FLAG_CODES, ResponseFlag } from "@sluice/extension-api";
import { ADDRESS_OPERATORS } from "./address-operators.ts";
import { ATTEMPT_OPERATORS } from "./attempt-operators.ts";
import { BYTE_OPERATORS } from "./byte-operators.ts";
import { celOperators } from "./cel-operators.ts";
import { CLOSE_OPERATORS } from "./close-operators.ts";
import { HTTP_OPERATORS } from "./http-operators.ts";
import { METADATA_OPERATORS } from "./metadata-operators.ts";
import { type OperatorCompiler, type OperatorTable, plain, text, type ValueProvider } from "./operator.ts";
import { TIME_OPERATORS } from "./time-operators.ts";
import { TLS_OPERATORS } from "./tls-operators.ts";

function flagsPrinter(long: boolean): (context: Parameters<ValueProvider>[0]) => string {
  const names = new Map<number, string>(RESPONSE_FLAG_CODES);
  if (long) {
    for (const [key, bit] of Object.entries(ResponseFlag)) {
      names.set(bit, key === "OverloadManager" ? "OverloadManagerTerminated" : key);
    }
  }
  const all = RESPONSE_FLAG_CODES.map(([bit]) => bit);
  return ({ streamInfo }) => {
    if (streamInfo.responseFlags === 0) return "-";
    // Several stand in the order in which they were set.
    const set = streamInfo.responseFlagOrder ?? all.filter((bit) => (streamInfo.responseFlags & bit) !== 0);
    return set.map((bit) => names.get(bit)).join(",");
  };
}

/** Short codes, joined with commas; `-` when there are none, in JSON too. */
export const responseFlags = flagsPrinter(false);

const environment: OperatorCompiler = (argument, name) => {
  if (argument === undefined) return `%${name}(VARIABLE)% needs a variable name`;
  const value = process.env[argument] ?? "-";
  return () => value;
};

/** `%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%`: as it is; otherwise in one word. */
const responseCodeDetails: OperatorCompiler = (argument) => {
  const asIs = argument === "ALLOW_WHITESPACES";
  return ({ streamInfo }) => {
    const { responseCodeDetails: details, responseFlags } = streamInfo;
    // As Envoy: a filter without configuration answers, and says nothing.
    if (details === "") return (responseFlags & ResponseFlag.NoFilterConfigFound) === 0 ? undefined : "";
    return asIs ? details : details.replace(/\s/g, "_");
  };
};

const host = hostname();

/** Envoy's, of what Node does not let its programs know. */
export const UNTOLD_OPERATORS: ReadonlySet<string> = new Set(["DOWNSTREAM_CX_RTT"]);

/** Every operator that is implemented, by name. A test holds this table against the documentation. */
export const COMMAND_OPERATORS: OperatorTable = {
  ...HTTP_OPERATORS,
  ...ADDRESS_OPERATORS,
  ...ATTEMPT_OPERATORS,
  ...CLOSE_OPERATORS,
  ...TLS_OPERATORS,
  ...TIME_OPERATORS,
  ...METADATA_OPERATORS,
  ...BYTE_OPERATORS,
  ...celOperators(),
  PROTOCOL: text(({ streamInfo }) => streamInfo.protocol),
  RESPONSE_CODE: plain(({ streamInfo }) => streamInfo.responseCode),
  RESPONSE_CODE_DETAILS: responseCodeDetails,
  CONNECTION_TERMINATION_DETAILS: text(({ streamInfo }) => streamInfo.connectionTerminationDetails),
  LOCAL_REPLY_BODY: plain(({ localReplyBody }) => localReplyBody ?? ""),
  ACCESS_LOG_TYPE: plain(({ accessLogType }) => accessLogType ?? "NotSet"),
  RESPONSE_FLAGS: plain(responseFlags),
  RESPONSE_FLAGS_LONG: plain(flagsPrinter(true)),
  CUSTOM_FLAGS: plain(({ streamInfo }) => streamInfo.customFlags ?? ""),
  BYTES_RECEIVED: plain(({ streamInfo }) => streamInfo.bytesReceived),
  BYTES_SENT: plain(({ streamInfo }) => streamInfo.bytesSent),
  UPSTREAM_CLUSTER: text(({ streamInfo }) => streamInfo.upstreamClusterStatName),
  UPSTREAM_CLUSTER_RAW: text(({ streamInfo }) => streamInfo.upstreamCluster),
  UPSTREAM_PROTOCOL: text(({ streamInfo }) => streamInfo.upstreamProtocol),
  UPSTREAM_CONNECTION_ID: plain(({ streamInfo }) => streamInfo.upstreamConnectionId ?? 0),
  LISTENER_NAME: text(({ listenerName }) => listenerName),
  UPSTREAM_TRANSPORT_FAILURE_REASON: text(({ streamInfo }) =>
    streamInfo.upstreamTransportFailureReason.replaceAll(" ", "_"),
  ),
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: text(({ connection }) =>
    connection.transportFailureReason?.replaceAll(" ", "_"),
  ),
  UPSTREAM_SERVER_NAME: text(({ streamInfo }) => streamInfo.upstreamTls?.requestedServerName),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain(({ streamInfo }) => streamInfo.upstreamRequestAttemptCount),
  CONNECTION_ID: plain(({ connection }) => connection.id),
  ROUTE_NAME: text(({ streamInfo }) => streamInfo.routeName),
  VIRTUAL_CLUSTER_NAME: text(({ streamInfo }) => streamInfo.virtualClusterName),
  HOSTNAME: plain(() => host),
  ENVIRONMENT: environment,
  STREAM_ID: text(({ request, connection }) =>
    request === undefined ? connection.sessionId : request.get("x-request-id"),
  ),
  TRACE_ID: text(({ traceId }) => traceId),
  SPAN_ID: text(({ spanId }) => spanId),
  // QUIC's alone: TCP's are the kernel's.
  BYTES_RETRANSMITTED: plain(() => 0),
  PACKETS_RETRANSMITTED: plain(() => 0),
  UNIQUE_ID: plain(() => crypto.randomUUID()),
  FILTER_CHAIN_NAME: text(({ connection }) => connection.filterChainName),
  TLS_JA3_FINGERPRINT: text(({ connection }) => connection.ja3),
  TLS_JA4_FINGERPRINT: text(({ connection }) => connection.ja4),
};
