import type { HeaderMap } from "@sluice/extension-api";
import { headerKey, percentDecoded, toBinaryString } from "@sluice/matching";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { FormatContext } from "./format-context.ts";
import { grpcStatusOf, grpcStatusText } from "./grpc-status.ts";
import { type OperatorCompiler, type OperatorTable, plain } from "./operator.ts";

/** A field name (RFC 9110 §5.6.2) or a pseudo-header's; none is a name that nothing has. */
const HEADER_NAME = /^(?::?[!#$%&'*+.^_`|~0-9a-z-]+)?$/;

type PickHeaders = (context: FormatContext) => HeaderMap | undefined;

const lowerCase = (name: string): string => name.toLowerCase();

/** `(NAME?FALLBACK)`: operators for a request's headers. `change` is applied to what is found. */
export function requestHeaderOperator(change?: (value: string) => string): OperatorCompiler {
  return headerOperator(request, headerKey, change);
}

function headerOperator(
  pick: PickHeaders,
  keyOf = lowerCase,
  change?: (value: string) => string,
): OperatorCompiler {
  return (argument, name) => {
    if (argument === undefined) return `%${name}(HEADER)% needs a header name`;
    const names = argument.split("?").map(keyOf);
    const [first = "", second] = names;
    if (names.length > 2) return `%${name}(${argument})% has more than one alternative header`;
    const wrong = names.find((each) => !HEADER_NAME.test(each));
    if (wrong !== undefined) return `%${name}(${argument})%: '${wrong}' is no header name`;
    const find = (context: FormatContext): string | undefined => {
      const headers = pick(context);
      const value = headers?.get(first);
      return value === undefined && second !== undefined ? headers?.get(second) : value;
    };
    if (change === undefined) return find;
    return (context) => {
      const value = find(context);
      return value === undefined ? undefined : change(value);
    };
  };
}

const request: PickHeaders = (context) => context.request;
const response: PickHeaders = (context) => context.response;
const trailers: PickHeaders = (context) => context.responseTrailers;

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

const SOURCES = ["ORIG", "PATH", "ORIG_OR_PATH"] as const;
type PathSource = (typeof SOURCES)[number];

function pathOf(context: FormatContext, source: PathSource): string | undefined {
  const original = source === "PATH" ? undefined : context.request?.get(EnvoyHeader.originalPath);
  // That of a CONNECT is empty: as Envoy, there is none then.
  if (original !== undefined && original !== "") return original;
  return source === "ORIG" ? undefined : context.request?.get(":path");
}

/** `%PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)%`: with or without query, and from which header. */
const path: OperatorCompiler = (argument, name) => {
  const [query = "", sourceName = ""] = (argument ?? "").split(":");
  const source = SOURCES.find((each) => each === (sourceName || "ORIG_OR_PATH"));
  if (!["WQ", "NQ", ""].includes(query) || source === undefined) {
    return `%${name}(${argument})%: the argument is WQ or NQ, then optionally :ORIG, :PATH or :ORIG_OR_PATH`;
  }
  return (context) => {
    const value = pathOf(context, source);
    return query === "NQ" ? value?.split("?", 1)[0] : value;
  };
};

/** The query as it came; undefined: there is none. */
function queryOf({ request }: FormatContext): string | undefined {
  const target = request?.get(":path");
  const question = target?.indexOf("?") ?? -1;
  return target === undefined || question < 0 ? undefined : target.slice(question + 1);
}

/** `%QUERY_PARAM(KEY)%`: the first value of a parameter; its name and its value are decoded. */
const queryParam: OperatorCompiler = (argument, name) => {
  if (argument === undefined) return `%${name}(KEY)% needs a query parameter's name`;
  const key = toBinaryString(argument);
  return (context) => {
    for (const pair of queryOf(context)?.split("&") ?? []) {
      const equals = pair.indexOf("=");
      if (percentDecoded(equals < 0 ? pair : pair.slice(0, equals)) !== key) continue;
      return equals < 0 ? "" : percentDecoded(pair.slice(equals + 1));
    }
    return undefined;
  };
};

/** `%QUERY_PARAMS(ORIG|DECODED)%`: all of the query. */
const queryParams: OperatorCompiler = (argument = "ORIG") => {
  if (argument === "ORIG") return queryOf;
  if (argument !== "DECODED") {
    return `Invalid QUERY_PARAMS option: '${argument}', only 'ORIG'/'DECODED' are allowed`;
  }
  return (context) => {
    const query = queryOf(context);
    return query === undefined ? undefined : decodedQuery(query);
  };
};

/** What a decoded query keeps encoded: what no URL has as it is. */
const STAYS_ENCODED = /[^!#$&'()*+,\-./0-9:;=?@A-Z[\]_`a-z~%]/;

/** As Envoy decodes: a percent sign that begins no octet is dropped, unless less than two characters follow it. */
function decodedQuery(query: string): string {
  return query.replace(/%(?:([0-9a-fA-F]{2})|(?=[\s\S]{2}))/g, (all, hex: string | undefined) => {
    if (hex === undefined) return "";
    const octet = String.fromCharCode(Number.parseInt(hex, 16));
    return STAYS_ENCODED.test(octet) ? all : octet;
  });
}

const SERVER_NAME_SOURCES: readonly string[] = ["SNI_ONLY", "SNI_FIRST", "HOST_FIRST"];
const HOST_SOURCES: readonly string[] = ["ORIG", "HOST", "ORIG_OR_HOST"];

/** `%REQUESTED_SERVER_NAME(SNI_ONLY|SNI_FIRST|HOST_FIRST:ORIG|HOST|ORIG_OR_HOST)%`: of the TLS client, or of the request. */
const requestedServerName: OperatorCompiler = (argument, name) => {
  const [given = "", host = ""] = (argument ?? "").split(":");
  const order = given || "SNI_ONLY";
  const source = host || "ORIG_OR_HOST";
  if (!SERVER_NAME_SOURCES.includes(order) || !HOST_SOURCES.includes(source)) {
    return `%${name}(${argument})%: the argument is one of ${SERVER_NAME_SOURCES.join(", ")}, then optionally :${HOST_SOURCES.join(", :")}`;
  }
  const ofTls = ({ connection }: FormatContext): string | undefined =>
    connection.requestedServerName?.replace(/[^0-9A-Za-z.-]/g, "_") || undefined;
  if (order === "SNI_ONLY") return ofTls;
  const ofRequest = ({ request }: FormatContext): string | undefined => {
    const original = source === "HOST" ? undefined : request?.get(EnvoyHeader.originalHost);
    return original ?? (source === "ORIG" ? undefined : request?.get(":authority"));
  };
  if (order === "SNI_FIRST") return (context) => ofTls(context) ?? ofRequest(context);
  return (context) => ofRequest(context) ?? ofTls(context);
};

const bytes = (pick: PickHeaders): OperatorCompiler => plain((context) => pick(context)?.byteSize ?? 0);

export const HTTP_OPERATORS: OperatorTable = {
  REQ: requestHeaderOperator(),
  REQUEST_HEADER: requestHeaderOperator(),
  RESP: headerOperator(response),
  RESPONSE_HEADER: headerOperator(response),
  TRAILER: headerOperator(trailers),
  RESPONSE_TRAILER: headerOperator(trailers),
  REQUESTED_SERVER_NAME: requestedServerName,
  PATH: path,
  QUERY_PARAM: queryParam,
  QUERY_PARAMS: queryParams,
  GRPC_STATUS: grpcStatus,
  GRPC_STATUS_NUMBER: plain(grpcStatusOf),
  REQUEST_HEADERS_BYTES: bytes(request),
  RESPONSE_HEADERS_BYTES: bytes(response),
  RESPONSE_TRAILERS_BYTES: bytes(trailers),
};
