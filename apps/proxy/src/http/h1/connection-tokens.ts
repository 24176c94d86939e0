import type { Headers } from "../header-map.ts";

/** Names that a client could make a proxy forget by listing them in Connection (RFC 9110 §7.6.1), as in Envoy. */
const NOT_NOMINATED: ReadonlySet<string> = new Set([
  "host",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
]);
const NOMINATED_MAX = 9;

/** Whether a Connection header names only what it may remove. */
export function mayNominate(connection: string): boolean {
  if (!connection.includes(",") && connection.length < 4) return true;
  const tokens = connection.split(",");
  if (tokens.length > NOMINATED_MAX) return false;
  return !tokens.some((token) => {
    const name = token.trim().toLowerCase();
    return name.charCodeAt(0) === 58 || NOT_NOMINATED.has(name);
  });
}

/** Whether a message asks for an upgrade, or says that there is one (RFC 9110 §7.8). */
export function isUpgrade(headers: Headers): boolean {
  return headers.has("upgrade") && hasToken(headers.getAll("connection"), "upgrade");
}

/** Whether a comma-separated list holds `token` (lower case). */
export function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  if (list === token) return true;
  if (!list.includes(",")) return list.trim().toLowerCase() === token;
  return list.split(",").some((item) => item.trim().toLowerCase() === token);
}

export function withoutTokens(list: string, tokens: readonly string[]): string {
  return list
    .split(",")
    .filter((item) => !tokens.includes(item.trim().toLowerCase()))
    .join(",");
}
