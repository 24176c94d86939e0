import { type Compiled, refuse } from "@sluice/extension-api";
import {
  type CustomInlineHeader,
  CustomInlineHeader_InlineHeaderType as HeaderType,
} from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { joinAlso, joinOwn } from "./joined-headers.ts";

/** Names of headers of one line by what has them, each below its `CustomInlineHeader.InlineHeaderType`. */
export type InlineHeaders = Readonly<Record<HeaderType, readonly string[]>>;

const TYPES = [
  HeaderType.REQUEST_HEADER,
  HeaderType.REQUEST_TRAILER,
  HeaderType.RESPONSE_HEADER,
  HeaderType.RESPONSE_TRAILER,
] as const;

const NAMED: Readonly<Record<HeaderType, Set<string>>> = {
  [HeaderType.REQUEST_HEADER]: new Set(),
  [HeaderType.REQUEST_TRAILER]: new Set(),
  [HeaderType.RESPONSE_HEADER]: new Set(),
  [HeaderType.RESPONSE_TRAILER]: new Set(),
};

/** What the bootstrap adds to the headers of one line in this thread. */
export const INLINE_HEADERS: Readonly<Record<HeaderType, ReadonlySet<string>>> = NAMED;

export function joinedInTrailers(ofRequest: boolean): ReadonlySet<string> {
  return NAMED[ofRequest ? HeaderType.REQUEST_TRAILER : HeaderType.RESPONSE_TRAILER];
}

/** `Bootstrap.inline_headers`. */
export function compileInlineHeaders(headers: readonly CustomInlineHeader[]): Compiled<InlineHeaders> {
  const setCookie = headers.findIndex(({ inlineHeaderName: name }) => name.toLowerCase() === "set-cookie");
  if (setCookie >= 0) {
    const message = "Header set-cookie cannot be registered as an inline header.";
    return refuse(`inline_headers[${setCookie}].inline_header_name`, message);
  }
  const named = (type: HeaderType): readonly string[] =>
    headers.flatMap((each) => (each.inlineHeaderType === type ? [each.inlineHeaderName.toLowerCase()] : []));
  const value: InlineHeaders = {
    [HeaderType.REQUEST_HEADER]: named(HeaderType.REQUEST_HEADER),
    [HeaderType.REQUEST_TRAILER]: named(HeaderType.REQUEST_TRAILER),
    [HeaderType.RESPONSE_HEADER]: named(HeaderType.RESPONSE_HEADER),
    [HeaderType.RESPONSE_TRAILER]: named(HeaderType.RESPONSE_TRAILER),
  };
  return { ok: true, value };
}

/** Once for each thread, behind `useEnvoyHeaderPrefix`, ahead of everything else. */
export function useInlineHeaders(headers: InlineHeaders): void {
  joinOwn();
  for (const type of TYPES) for (const name of headers[type]) NAMED[type].add(name);
  joinAlso(headers[HeaderType.REQUEST_HEADER], headers[HeaderType.RESPONSE_HEADER]);
}
