import { STATUS_CODES } from "node:http";

/** Reason phrases as they stand in status lines; `Unknown` for codes without one. */
const PHRASES: readonly string[] = Array.from(
  { length: 1000 },
  (_, status) => STATUS_CODES[status] ?? "Unknown",
);
const STATUS_LINES: readonly string[] = PHRASES.map((phrase, status) => `HTTP/1.1 ${status} ${phrase}\r\n`);

export function statusPhrase(status: number): string {
  return PHRASES[status] ?? "Unknown";
}

/** `HTTP/1.1 200 OK` with its line end. */
export function statusLine(status: number): string {
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} Unknown\r\n`;
}
