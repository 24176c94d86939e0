/**
 * Header names that the data path compares. A name that arrives is replaced by the string here, so that a comparison of
 * names is one of pointers.
 */
const NAMES: readonly string[] = [
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-request-headers",
  "access-control-request-method",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "connection",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "forwarded",
  "from",
  "grpc-message",
  "grpc-status",
  "grpc-timeout",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "priority",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "range",
  "referer",
  "retry-after",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-websocket-accept",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "server",
  "set-cookie",
  "strict-transport-security",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
  "x-b3-traceid",
  "x-client-trace-id",
  "x-content-type-options",
  "x-envoy-attempt-count",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-external-address",
  "x-envoy-force-trace",
  "x-envoy-internal",
  "x-envoy-max-retries",
  "x-envoy-original-path",
  "x-envoy-retry-on",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-service-time",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-request-id",
];

const TABLE_SIZE = 512;
const table: (string | undefined)[] = new Array(TABLE_SIZE).fill(undefined);

/** One step of the hash over lower-case octets, start 0; `internName` takes the result. */
export function hashStep(hash: number, octet: number): number {
  return (Math.imul(hash, 31) + octet) | 0;
}

for (const name of NAMES) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = hashStep(hash, name.charCodeAt(i));
  let slot = slotOf(hash);
  while (table[slot] !== undefined) slot = (slot + 1) & (TABLE_SIZE - 1);
  table[slot] = name;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (TABLE_SIZE - 1);
}

/** The shared string equal to `text[start, end)` in lower case, or that text itself, lowered when `hasUpper`. */
export function internName(
  text: string,
  start: number,
  end: number,
  hash: number,
  hasUpper: boolean,
): string {
  const length = end - start;
  let slot = slotOf(hash);
  for (;;) {
    const known = table[slot];
    if (known === undefined) break;
    if (known.length === length && equalsLower(text, start, known)) return known;
    slot = (slot + 1) & (TABLE_SIZE - 1);
  }
  const name = text.substring(start, end);
  return hasUpper ? name.toLowerCase() : name;
}

function equalsLower(text: string, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const c = text.charCodeAt(start + i);
    const low = c >= 65 && c <= 90 ? c | 32 : c;
    if (low !== lower.charCodeAt(i)) return false;
  }
  return true;
}
