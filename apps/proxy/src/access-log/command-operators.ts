import { hostname } from "node:os";
import { type HeaderMap, RESPONSE_FLAG_CODES, ResponseFlag } from "@sluice/extension-api";
import type { FormatContext } from "./access-logger.ts";
import { compileTimeFormat, isoTime } from "./format-start-time.ts";
import { grpcStatusOf, grpcStatusText } from "./grpc-status.ts";

/** What an operator yields; undefined prints as `-` (or nothing). Objects appear only in JSON formats. */
export type FormatValue = string | number | boolean | object | undefined;
export type ValueProvider = (context: FormatContext) => FormatValue;
type OperatorCompiler = (argument: string | undefined, name: string) => ValueProvider | string;

/** An operator without argument. */
function plain(provider: ValueProvider): OperatorCompiler {
  return (argument, name) => (argument === undefined ? provider : `%${name}% takes no argument`);
}

/** `(NAME?FALLBACK)`: header operators. */
function header(pick: (context: FormatContext) => HeaderMap | undefined): OperatorCompiler {
  return (argument, name) => {
    if (argument === undefined || argument === "") return `%${name}(HEADER)% needs a header name`;
    const names = argument.split("?").map((each) => each.toLowerCase());
    const [first = "", second] = names;
    if (names.length > 2) return `%${name}(${argument})% has more than one alternative header`;
    if (second === undefined) return (context) => pick(context)?.get(first);
    return (context) => {
      const headers = pick(context);
      return headers?.get(first) ?? headers?.get(second);
    };
  };
}

const portOf = (address: string): number | undefined => {
  const colon = address.lastIndexOf(":");
  return colon < 0 || address.startsWith("/") ? undefined : Number(address.slice(colon + 1));
};
const withoutPort = (address: string): string => {
  const colon = address.lastIndexOf(":");
  if (colon < 0 || address.startsWith("/")) return address;
  return address.startsWith("[") ? address.slice(1, colon - 1) : address.slice(0, colon);
};

function addressOperators(
  name: string,
  pick: (context: FormatContext) => string | undefined,
): Record<string, OperatorCompiler> {
  const present = (context: FormatContext): string | undefined => {
    const address = pick(context);
    return address === "" ? undefined : address;
  };
  return {
    [name]: plain(present),
    [`${name}_WITHOUT_PORT`]: plain((context) => {
      const address = present(context);
      return address === undefined ? undefined : withoutPort(address);
    }),
    [`${name}_PORT`]: plain((context) => {
      const address = present(context);
      return address === undefined ? undefined : portOf(address);
    }),
  };
}

const whole = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.floor(ms));
const filled = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

const time =
  (at: (context: FormatContext) => number): OperatorCompiler =>
  (argument) => {
    if (argument === undefined || argument === "") return (context) => isoTime(at(context));
    const format = compileTimeFormat(argument);
    return typeof format === "function" ? (context) => format(at(context)) : format.message;
  };

function flagsPrinter(long: boolean): ValueProvider {
  const longNames = new Map<number, string>();
  for (const [key, bit] of Object.entries(ResponseFlag)) {
    longNames.set(bit, key === "OverloadManager" ? "OverloadManagerTerminated" : key);
  }
  return ({ streamInfo }) => {
    if (streamInfo.responseFlags === 0) return undefined;
    const codes: string[] = [];
    for (const [bit, code] of RESPONSE_FLAG_CODES) {
      if ((streamInfo.responseFlags & bit) !== 0) codes.push(long ? (longNames.get(bit) ?? code) : code);
    }
    return codes.join(",");
  };
}

/** Short codes, joined with commas; undefined when there are none. */
export const responseFlags: ValueProvider = flagsPrinter(false);

/** `%DYNAMIC_METADATA(filter:key:key)%`. */
const dynamicMetadata: OperatorCompiler = (argument, name) => {
  const [namespace, ...keys] = (argument ?? "").split(":");
  if (namespace === undefined || namespace === "") return `%${name}(NAMESPACE:KEY*)% needs a namespace`;
  return ({ streamInfo }) => {
    let value: unknown = streamInfo.getDynamicMetadata(namespace);
    for (const key of keys) value = memberOf(value, key);
    return asFormatValue(value);
  };
};

const filterState: OperatorCompiler = (argument, name) => {
  const [key, kind, ...rest] = (argument ?? "").split(":");
  if (key === undefined || key === "") return `%${name}(KEY)% needs a key`;
  if (rest.length > 0 || (kind !== undefined && kind !== "PLAIN")) {
    return `%${name}(${argument})%: only KEY and KEY:PLAIN are implemented`;
  }
  return ({ streamInfo }) => asFormatValue(streamInfo.filterState.get(key));
};

const environment: OperatorCompiler = (argument, name) => {
  if (argument === undefined || argument === "") return `%${name}(VARIABLE)% needs a variable name`;
  const value = process.env[argument];
  return () => value;
};

const grpcStatus: OperatorCompiler = (argument, name) => {
  const style = argument ?? "CAMEL_STRING";
  if (style === "NUMBER") return grpcStatusOf;
  if (style !== "CAMEL_STRING" && style !== "SNAKE_STRING") {
    return `%${name}(${style})%: the format is CAMEL_STRING, SNAKE_STRING or NUMBER`;
  }
  return (context) => {
    const status = grpcStatusOf(context);
    return status === undefined
      ? undefined
      : grpcStatusText(status, style === "CAMEL_STRING" ? "camel" : "snake");
  };
};

const queryParam: OperatorCompiler = (argument, name) => {
  if (argument === undefined || argument === "") return `%${name}(KEY)% needs a query parameter's name`;
  return ({ request }) => {
    const path = request?.get(":path");
    const question = path?.indexOf("?") ?? -1;
    if (path === undefined || question < 0) return undefined;
    return new URLSearchParams(path.slice(question + 1)).get(argument) ?? undefined;
  };
};

/** `%PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)%`: with or without query, and from which header. */
const path: OperatorCompiler = (argument, name) => {
  const [query = "WQ", source = "ORIG_OR_PATH", ...rest] = (argument ?? "WQ").split(":");
  const sources = ["ORIG", "PATH", "ORIG_OR_PATH"];
  if (rest.length > 0 || !["WQ", "NQ", ""].includes(query) || !sources.includes(source)) {
    return `%${name}(${argument})%: the argument is WQ or NQ, then optionally :ORIG, :PATH or :ORIG_OR_PATH`;
  }
  return ({ request }) => {
    const original = source === "PATH" ? undefined : request?.get("x-envoy-original-path");
    const value = original ?? (source === "ORIG" ? undefined : request?.get(":path"));
    return query === "NQ" ? value?.split("?", 1)[0] : value;
  };
};

const TIME_POINTS: Readonly<Record<string, (context: FormatContext) => number | undefined>> = {
  DS_RX_BEG: () => 0,
  DS_RX_END: ({ streamInfo }) => streamInfo.lastDownstreamRxByteMs,
  US_TX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamTxByteMs,
  US_TX_END: ({ streamInfo }) => streamInfo.lastUpstreamTxByteMs,
  US_RX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamRxByteMs,
  US_RX_END: ({ streamInfo }) => streamInfo.lastUpstreamRxByteMs,
  DS_TX_BEG: ({ streamInfo }) => streamInfo.firstDownstreamTxByteMs,
  DS_TX_END: ({ streamInfo }) => streamInfo.lastDownstreamTxByteMs,
};
const PRECISIONS: Readonly<Record<string, number>> = { ms: 1, us: 1e3, ns: 1e6 };

const commonDuration: OperatorCompiler = (argument, name) => {
  const [startName = "", endName = "", unit = "ms"] = (argument ?? "").split(":");
  const start = TIME_POINTS[startName];
  const end = TIME_POINTS[endName];
  const factor = PRECISIONS[unit];
  if (start === undefined || end === undefined || factor === undefined) {
    return `%${name}(START:END:ms|us|ns)% takes the points ${Object.keys(TIME_POINTS).join(", ")}`;
  }
  return (context) => {
    const from = start(context);
    const to = end(context);
    return from === undefined || to === undefined || to < from ? undefined : Math.floor((to - from) * factor);
  };
};

const difference = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : Math.floor(to - from);

const host = hostname();

/** Every operator that is implemented, by name. A test holds this table against the documentation. */
export const COMMAND_OPERATORS: Readonly<Record<string, OperatorCompiler>> = {
  REQ: header(({ request }) => request),
  RESP: header(({ response }) => response),
  TRAILER: header(({ responseTrailers }) => responseTrailers),
  PATH: path,
  QUERY_PARAM: queryParam,
  PROTOCOL: plain(({ streamInfo }) => streamInfo.protocol),
  RESPONSE_CODE: plain(({ streamInfo }) => streamInfo.responseCode),
  RESPONSE_CODE_DETAILS: plain(({ streamInfo }) => filled(streamInfo.responseCodeDetails)),
  RESPONSE_FLAGS: plain(responseFlags),
  RESPONSE_FLAGS_LONG: plain(flagsPrinter(true)),
  BYTES_RECEIVED: plain(({ streamInfo }) => streamInfo.bytesReceived),
  BYTES_SENT: plain(({ streamInfo }) => streamInfo.bytesSent),
  DURATION: plain(({ streamInfo }) => whole(streamInfo.durationMs)),
  COMMON_DURATION: commonDuration,
  REQUEST_DURATION: plain(({ streamInfo }) => whole(streamInfo.lastDownstreamRxByteMs)),
  REQUEST_TX_DURATION: plain(({ streamInfo }) => whole(streamInfo.lastUpstreamTxByteMs)),
  RESPONSE_DURATION: plain(({ streamInfo }) => whole(streamInfo.firstUpstreamRxByteMs)),
  RESPONSE_TX_DURATION: plain(({ streamInfo }) =>
    difference(streamInfo.firstUpstreamRxByteMs, streamInfo.lastDownstreamTxByteMs),
  ),
  START_TIME: time(({ streamInfo }) => streamInfo.startTimeMs),
  EMIT_TIME: time(() => Date.now()),
  UPSTREAM_CLUSTER: plain(({ streamInfo }) => filled(streamInfo.upstreamCluster)),
  UPSTREAM_CLUSTER_RAW: plain(({ streamInfo }) => filled(streamInfo.upstreamCluster)),
  UPSTREAM_HOST: plain(({ streamInfo }) => streamInfo.upstreamRemoteAddress),
  ...addressOperators("UPSTREAM_REMOTE_ADDRESS", ({ streamInfo }) => streamInfo.upstreamRemoteAddress),
  ...addressOperators("UPSTREAM_LOCAL_ADDRESS", ({ streamInfo }) => streamInfo.upstreamLocalAddress),
  ...addressOperators("DOWNSTREAM_REMOTE_ADDRESS", ({ connection }) => connection.remoteAddress),
  ...addressOperators("DOWNSTREAM_DIRECT_REMOTE_ADDRESS", ({ connection }) => connection.directRemoteAddress),
  ...addressOperators("DOWNSTREAM_LOCAL_ADDRESS", ({ connection }) => connection.localAddress),
  UPSTREAM_TRANSPORT_FAILURE_REASON: plain(({ streamInfo }) =>
    filled(streamInfo.upstreamTransportFailureReason),
  ),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain(({ streamInfo }) => streamInfo.upstreamRequestAttemptCount),
  CONNECTION_ID: plain(({ connection }) => connection.id),
  REQUESTED_SERVER_NAME: plain(({ connection }) => connection.requestedServerName),
  ROUTE_NAME: plain(({ streamInfo }) => filled(streamInfo.routeName)),
  VIRTUAL_HOST_NAME: plain(({ streamInfo }) => filled(streamInfo.virtualHostName)),
  LOCAL_REPLY_BODY: plain(({ localReplyBody }) => localReplyBody),
  HOSTNAME: plain(() => host),
  DYNAMIC_METADATA: dynamicMetadata,
  FILTER_STATE: filterState,
  ENVIRONMENT: environment,
  GRPC_STATUS: grpcStatus,
  GRPC_STATUS_NUMBER: plain(grpcStatusOf),
  UNIQUE_ID: plain(() => crypto.randomUUID()),
  DOWNSTREAM_TLS_VERSION: plain(({ connection }) => connection.tls?.version),
  DOWNSTREAM_TLS_CIPHER: plain(({ connection }) => connection.tls?.cipherSuite),
  DOWNSTREAM_PEER_SUBJECT: plain(({ connection }) => connection.tls?.subjectPeer),
  DOWNSTREAM_PEER_URI_SAN: plain(({ connection }) => filled(connection.tls?.uriSanPeer.join(","))),
  DOWNSTREAM_PEER_DNS_SAN: plain(({ connection }) => filled(connection.tls?.dnsSanPeer.join(","))),
  DOWNSTREAM_PEER_FINGERPRINT_256: plain(({ connection }) => connection.tls?.sha256PeerCertificateDigest),
};

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

function asFormatValue(value: unknown): FormatValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object":
      return value ?? undefined;
    default:
      return value === undefined ? undefined : String(value);
  }
}
