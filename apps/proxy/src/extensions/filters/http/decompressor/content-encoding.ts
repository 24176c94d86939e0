import type { HeaderMap } from "@sluice/extension-api";

/** Whether the first of the message's codings is `encoding`, in any case. */
export function startsWithEncoding(headers: HeaderMap, encoding: string): boolean {
  const value = headers.getAll("content-encoding");
  if (value === undefined) return false;
  const comma = value.indexOf(",");
  return (comma < 0 ? value : value.slice(0, comma)).trim().toLowerCase() === encoding;
}

/** The message's headers without the first coding, and without the length that was another's. */
export function removeFirstEncoding(headers: HeaderMap): void {
  headers.remove("content-length");
  const value = headers.getAll("content-encoding") ?? "";
  const comma = value.indexOf(",");
  if (comma < 0) headers.remove("content-encoding");
  else headers.set("content-encoding", value.slice(comma + 1).trim());
}

/** Adds `encoding` to those that are accepted, once and with full weight. */
export function advertiseEncoding(headers: HeaderMap, encoding: string): void {
  const others = (headers.getAll("accept-encoding") ?? "").split(",").flatMap((entry) => {
    const one = entry.trim();
    const semicolon = one.indexOf(";");
    const name = (semicolon < 0 ? one : one.slice(0, semicolon)).trim();
    return one === "" || name === encoding ? [] : [one];
  });
  headers.set("accept-encoding", [...others, encoding].join(","));
}
