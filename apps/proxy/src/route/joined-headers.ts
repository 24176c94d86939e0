import type { HeaderMap } from "@sluice/extension-api";
import { ONE_LINE_IN_REQUESTS, ONE_LINE_IN_RESPONSES } from "@sluice/matching";
import { CustomInlineHeader_InlineHeaderType as HeaderType } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import { INLINE_HEADERS } from "../http/inline-headers.ts";
import { OWN_OF_ONE_LINE_IN_REQUESTS, OWN_OF_ONE_LINE_IN_RESPONSES } from "../http/joined-headers.ts";

/** Headers that Envoy keeps in one line: what is appended joins it behind a comma. Of requests and of responses others. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  ...ONE_LINE_IN_REQUESTS,
  "access-control-request-private-network",
  "cdn-loop",
]);

const OF_RESPONSES: ReadonlySet<string> = new Set([
  ...ONE_LINE_IN_RESPONSES,
  "access-control-allow-private-network",
]);

export function isJoined(name: string, kind: "request" | "response"): boolean {
  const known = kind === "request" ? OF_REQUESTS : OF_RESPONSES;
  const own = kind === "request" ? OWN_OF_ONE_LINE_IN_REQUESTS : OWN_OF_ONE_LINE_IN_RESPONSES;
  const type = kind === "request" ? HeaderType.REQUEST_HEADER : HeaderType.RESPONSE_HEADER;
  return known.has(name) || own.some((key) => EnvoyHeader[key] === name) || INLINE_HEADERS[type].has(name);
}

/** Adds a value: to the others of its name, or in a line of its own. */
export function addHeader(headers: HeaderMap, name: string, value: string, joined: boolean): void {
  const before = joined ? headers.getAll(name) : undefined;
  if (before === undefined) headers.append(name, value);
  // As Envoy: nothing joins nothing, and no comma either.
  else if (before === "") headers.set(name, value);
  else if (value !== "") headers.set(name, `${before}${name === "cookie" ? "; " : ","}${value}`);
}
