import type { HeaderMap } from "@sluice/extension-api";
import { EnvoyHeader, type EnvoyHeaderKey } from "../http/envoy-headers.ts";

/** Headers that Envoy keeps in one line: what is appended joins it behind a comma. Of requests and of responses others. */
const OF_REQUESTS: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "access-control-request-private-network",
  "authentication",
  "authorization",
  "cache-control",
  "cdn-loop",
  "content-encoding",
  "content-type",
  "grpc-accept-encoding",
  "grpc-timeout",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "origin",
  "pragma",
  "proxy-status",
  "referer",
  "te",
  "user-agent",
  "via",
  "x-client-trace-id",
  "x-forwarded-client-cert",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
]);

const OF_RESPONSES: ReadonlySet<string> = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-allow-private-network",
  "access-control-expose-headers",
  "access-control-max-age",
  "age",
  "cache-control",
  "content-encoding",
  "content-type",
  "date",
  "etag",
  "expires",
  "grpc-message",
  "last-modified",
  "location",
  "proxy-status",
  "vary",
  "via",
  "x-request-id",
]);

const OWN_OF_REQUESTS: readonly EnvoyHeaderKey[] = [
  "attemptCount",
  "decoratorOperation",
  "downstreamServiceCluster",
  "downstreamServiceNode",
  "expectedRqTimeoutMs",
  "externalAddress",
  "forceTrace",
  "internal",
  "ipTags",
  "isTimeoutRetry",
  "originalHost",
  "originalPath",
  "upstreamAltStatName",
];

const OWN_OF_RESPONSES: readonly EnvoyHeaderKey[] = [
  "attemptCount",
  "decoratorOperation",
  "degraded",
  "immediateHealthCheckFail",
  "ratelimited",
  "upstreamCanary",
  "upstreamServiceTime",
];

export function isJoined(name: string, kind: "request" | "response"): boolean {
  const known = kind === "request" ? OF_REQUESTS : OF_RESPONSES;
  const own = kind === "request" ? OWN_OF_REQUESTS : OWN_OF_RESPONSES;
  return known.has(name) || own.some((key) => EnvoyHeader[key] === name);
}

/** Adds a value: to the others of its name, or in a line of its own. */
export function addHeader(headers: HeaderMap, name: string, value: string, joined: boolean): void {
  const before = joined ? headers.getAll(name) : undefined;
  if (before === undefined) headers.append(name, value);
  else headers.set(name, `${before},${value}`);
}
