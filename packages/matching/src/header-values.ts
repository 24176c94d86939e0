import type { HeaderView } from "./contract.ts";

// What Envoy keeps as one comma-separated field however often it comes; everything else it compares value by value.
const LIST_HEADERS: ReadonlySet<string> = new Set([
  ":authority",
  "accept",
  "accept-encoding",
  "access-control-request-headers",
  "access-control-request-method",
  "authorization",
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "grpc-timeout",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "origin",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
]);

/**
 * Whether one of the values of `key` passes `test`; `undefined` when the header is missing. Allocates only for a header that
 * is repeated.
 */
export function someHeaderValue(
  headers: HeaderView,
  key: string,
  test: (value: string) => boolean,
): boolean | undefined {
  const joined = headers.getAll(key);
  if (joined === undefined) return undefined;
  if (!isRepeated(headers, key, joined)) return test(joined);
  return headerValues(headers, key).some(test);
}

/** Whether `joined` (what `getAll` gave) stands for several values that are compared one by one. */
export function isRepeated(headers: HeaderView, key: string, joined: string): boolean {
  return joined.includes(",") && headers.get(key) !== joined && !LIST_HEADERS.has(key);
}

export function headerValues(headers: HeaderView, key: string): string[] {
  const values: string[] = [];
  headers.forEach((name, value) => {
    if (name === key) values.push(value);
  });
  return values;
}
