import type { HeaderMap } from "@sluice/extension-api";

/**
 * What a request that goes upstream is without, though it cannot be: filters may have removed it. A path that a route has made for
 * a CONNECT would need a protocol (RFC 8441 §4). Undefined: nothing.
 */
export function missingRequestHeader(headers: HeaderMap): string | undefined {
  const method = headers.get(":method");
  if (method === undefined) return ":method";
  if (method !== "CONNECT") return headers.has(":path") ? undefined : ":path";
  if (!headers.has(":authority")) return ":authority";
  return headers.has(":path") ? ":protocol" : undefined;
}

/** As Envoy words it, for the client and in logs. */
export function missingHeaderText(name: string): string {
  return `missing required header: ${name}`;
}
