import {
  type HttpRequestHeaderMatchInput,
  HttpRequestHeaderMatchInputSchema,
  type HttpRequestQueryParamMatchInput,
  HttpRequestQueryParamMatchInputSchema,
  type HttpRequestTrailerMatchInput,
  HttpRequestTrailerMatchInputSchema,
  type HttpResponseHeaderMatchInput,
  HttpResponseHeaderMatchInputSchema,
  type HttpResponseTrailerMatchInput,
  HttpResponseTrailerMatchInputSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/http_inputs_pb.js";
import {
  HttpResponseLocalReplyMatchInputSchema,
  HttpResponseStatusCodeClassMatchInputSchema,
  HttpResponseStatusCodeMatchInputSchema,
} from "@sluice/xds/gen/envoy/type/matcher/v3/status_code_input_pb.js";
import { toBinaryString } from "../binary-string.ts";
import type { Compiled, HeaderView } from "../contract.ts";
import { headerKey } from "../header-matcher.ts";
import { percentDecoded } from "../percent-decoded.ts";
import { fieldPath } from "../problem-list.ts";
import { queryParameter } from "../query-parameter-matcher.ts";
import { type MatchInput, type MatchingData, NOT_AVAILABLE } from "./matching-data.ts";
import { CONNECTION_INPUTS } from "./network-inputs.ts";
import { type KnownExtensions, known, refuse } from "./typed-extension.ts";

type HeadersOf = (data: MatchingData) => HeaderView | undefined;

/** All values of one header, joined by commas. */
function headerInput(kind: string, name: string, headersOf: HeadersOf): Compiled<MatchInput> {
  const key = headerKey(name);
  return {
    ok: true,
    value: {
      name: `${kind} ${name}`,
      get(data) {
        const headers = headersOf(data);
        return headers === undefined ? NOT_AVAILABLE : headers.getAll(key);
      },
    },
  };
}

/** The first value of a parameter in the request's query, percent-decoded. */
function queryInput({ queryParam }: HttpRequestQueryParamMatchInput, path: string): Compiled<MatchInput> {
  if (queryParam === "") return refuse(fieldPath(path, "query_param"), "a parameter name is required");
  const key = toBinaryString(queryParam);
  return {
    ok: true,
    value: {
      name: `query parameter ${queryParam}`,
      get(data) {
        const target = data.requestHeaders?.get(":path");
        if (target === undefined) return NOT_AVAILABLE;
        const value = queryParameter(target, key);
        return value === undefined ? undefined : percentDecoded(value);
      },
    },
  };
}

function statusInput(name: string, ofStatus: (status: string) => string | undefined): Compiled<MatchInput> {
  return {
    ok: true,
    value: {
      name,
      get(data) {
        if (data.responseHeaders === undefined) return NOT_AVAILABLE;
        const status = data.responseHeaders.get(":status");
        return status === undefined ? undefined : ofStatus(status);
      },
    },
  };
}

function localReplyInput(): Compiled<MatchInput> {
  return {
    ok: true,
    value: {
      name: "whether the response is a local reply",
      get: ({ isLocalReply }) => (isLocalReply === undefined ? NOT_AVAILABLE : String(isLocalReply)),
    },
  };
}

/** What Envoy registers as `envoy.matching.http.input`, CEL and dynamic modules left out. */
export const HTTP_INPUTS: KnownExtensions<MatchInput> = new Map([
  ...CONNECTION_INPUTS,
  known<HttpRequestHeaderMatchInput, MatchInput>(HttpRequestHeaderMatchInputSchema, (config) =>
    headerInput("request header", config.headerName, (data) => data.requestHeaders),
  ),
  known<HttpRequestTrailerMatchInput, MatchInput>(HttpRequestTrailerMatchInputSchema, (config) =>
    headerInput("request trailer", config.headerName, (data) => data.requestTrailers),
  ),
  known<HttpResponseHeaderMatchInput, MatchInput>(HttpResponseHeaderMatchInputSchema, (config) =>
    headerInput("response header", config.headerName, (data) => data.responseHeaders),
  ),
  known<HttpResponseTrailerMatchInput, MatchInput>(HttpResponseTrailerMatchInputSchema, (config) =>
    headerInput("response trailer", config.headerName, (data) => data.responseTrailers),
  ),
  known<HttpRequestQueryParamMatchInput, MatchInput>(HttpRequestQueryParamMatchInputSchema, queryInput),
  known(HttpResponseStatusCodeMatchInputSchema, () => statusInput("response status", (status) => status)),
  known(HttpResponseStatusCodeClassMatchInputSchema, () =>
    statusInput("class of the response status", (status) =>
      /^[1-5]\d\d$/.test(status) ? `${status.charAt(0)}xx` : undefined,
    ),
  ),
  known(HttpResponseLocalReplyMatchInputSchema, localReplyInput),
]);
