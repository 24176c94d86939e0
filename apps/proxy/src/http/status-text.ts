import { STATUS_CODES } from "node:http";

/** Codes that Node has a phrase for and Envoy has not. */
const UNNAMED: ReadonlySet<number> = new Set([102, 103, 418, 451, 509]);

/** Reason phrases as they stand in status lines; `Unknown` for codes without one. */
const PHRASES: string[] = Array.from({ length: 1000 }, (_, status) =>
  UNNAMED.has(status) ? "Unknown" : (STATUS_CODES[status] ?? "Unknown"),
);
PHRASES[599] = "Last Unassigned Server Error Code";
const STATUS_LINES: readonly string[] = PHRASES.map((phrase, status) => `HTTP/1.1 ${status} ${phrase}\r\n`);

export function statusPhrase(status: number): string {
  return PHRASES[status] ?? "Unknown";
}

/** `HTTP/1.1 200 OK` with its line end. `reason`: in place of the code's own phrase. */
export function statusLine(status: number, http10 = false, reason?: string): string {
  if (http10 || reason !== undefined) {
    return `HTTP/1.${http10 ? 0 : 1} ${status} ${reason ?? statusPhrase(status)}\r\n`;
  }
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} Unknown\r\n`;
}

const STATUS_TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, status) => String(status));

/** The three digits of a status without building a string. */
export function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}
