import type { HeaderMap } from "@sluice/extension-api";

/** Whether a comma-separated header has the token, in any case. */
export function hasHeaderToken(headers: HeaderMap, name: string, token: string): boolean {
  const value = headers.getAll(name);
  if (value === undefined) return false;
  return value.split(",").some((one) => one.trim().toLowerCase() === token);
}

/** An upgrade's octets are not a body that could be coded. */
export function isUpgrade(headers: HeaderMap): boolean {
  return headers.has("upgrade") && hasHeaderToken(headers, "connection", "upgrade");
}
