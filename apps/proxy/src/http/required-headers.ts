import type { HeaderMap } from "@sluice/extension-api";

/** What a request that goes upstream is without, though it cannot be: filters may have removed it. Undefined: nothing. */
export function missingRequestHeader(headers: HeaderMap): string | undefined {
  const method = headers.get(":method");
  if (method === undefined) return ":method";
  const target = method === "CONNECT" ? ":authority" : ":path";
  return headers.has(target) ? undefined : target;
}

/** As Envoy words it, for the client and in logs. */
export function missingHeaderText(name: string): string {
  return `missing required header: ${name}`;
}
