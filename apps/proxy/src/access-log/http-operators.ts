import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { FormatContext } from "./access-logger.ts";
import { grpcStatusOf, grpcStatusText } from "./grpc-status.ts";
import { type OperatorCompiler, type OperatorTable, plain } from "./operator.ts";

type PickHeaders = (context: FormatContext) => HeaderMap | undefined;

/** `(NAME?FALLBACK)`: header operators. `change` is applied to what is found. */
export function headerOperator(pick: PickHeaders, change?: (value: string) => string): OperatorCompiler {
  return (argument, name) => {
    if (argument === undefined || argument === "") return `%${name}(HEADER)% needs a header name`;
    const names = argument.split("?").map((each) => each.toLowerCase());
    const [first = "", second] = names;
    if (names.length > 2) return `%${name}(${argument})% has more than one alternative header`;
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
  return original ?? (source === "ORIG" ? undefined : context.request?.get(":path"));
}

/** `%PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)%`: with or without query, and from which header. */
const path: OperatorCompiler = (argument, name) => {
  const [query = "WQ", sourceName = "ORIG_OR_PATH", ...rest] = (argument ?? "WQ").split(":");
  const source = SOURCES.find((each) => each === sourceName);
  if (rest.length > 0 || !["WQ", "NQ", ""].includes(query) || source === undefined) {
    return `%${name}(${argument})%: the argument is WQ or NQ, then optionally :ORIG, :PATH or :ORIG_OR_PATH`;
  }
  return (context) => {
    const value = pathOf(context, source);
    return query === "NQ" ? value?.split("?", 1)[0] : value;
  };
};

const queryParam: OperatorCompiler = (argument, name) => {
  const key = argument ?? "";
  if (key === "") return `%${name}(KEY)% needs a query parameter's name`;
  return (context) => {
    const text = context.request?.get(":path");
    const question = text?.indexOf("?") ?? -1;
    if (text === undefined || question < 0) return undefined;
    for (const pair of text
      .slice(question + 1)
      .split("#", 1)[0]
      ?.split("&") ?? []) {
      const equals = pair.indexOf("=");
      if ((equals < 0 ? pair : pair.slice(0, equals)) === key)
        return equals < 0 ? "" : pair.slice(equals + 1);
    }
    return undefined;
  };
};

/** `%QUERY_PARAMS(ORIG)%`: all of the query as it came. */
const queryParams: OperatorCompiler = (argument) => {
  const form = argument ?? "ORIG";
  if (form === "DECODED") return "QUERY_PARAMS(DECODED) is not implemented";
  if (form !== "ORIG") {
    return `Invalid QUERY_PARAMS option: '${form}', only 'ORIG'/'DECODED' are allowed`;
  }
  return (context) => {
    const text = context.request?.get(":path");
    const question = text?.indexOf("?") ?? -1;
    return text === undefined || question < 0 ? undefined : text.slice(question + 1);
  };
};

const bytes = (pick: PickHeaders): OperatorCompiler => plain((context) => pick(context)?.byteSize ?? 0);

export const HTTP_OPERATORS: OperatorTable = {
  REQ: headerOperator(request),
  RESP: headerOperator(({ response }) => response),
  TRAILER: headerOperator(({ responseTrailers }) => responseTrailers),
  PATH: path,
  QUERY_PARAM: queryParam,
  QUERY_PARAMS: queryParams,
  GRPC_STATUS: grpcStatus,
  GRPC_STATUS_NUMBER: plain(grpcStatusOf),
  REQUEST_HEADERS_BYTES: bytes(request),
  RESPONSE_HEADERS_BYTES: bytes(({ response }) => response),
  RESPONSE_TRAILERS_BYTES: bytes(({ responseTrailers }) => responseTrailers),
};
