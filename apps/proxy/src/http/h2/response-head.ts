import { JOINED_IN_RESPONSES, joinLines } from "../joined-headers.ts";
import type { HeaderBlock } from "./hpack/hpack-decoder.ts";

/** What a response's header block says, checked (RFC 9113 §8.3.2). */
export interface ResponseHead {
  /** To be copied before anything changes them. */
  readonly fields: readonly string[];
  readonly status: number;
  /** -1 for none. */
  readonly contentLength: number;
}

/** `undefined`: no HTTP response. */
export function readResponseHead(block: HeaderBlock): ResponseHead | undefined {
  const { fields } = block;
  if (block.malformed || fields[0] !== ":status") return undefined;
  const text = fields[1] ?? "";
  // There is no 101 in HTTP/2 (RFC 9113 §8.6).
  if (!/^[1-9]\d\d$/.test(text) || text === "101") return undefined;
  let contentLength = -1;
  for (let i = 2; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (name.charCodeAt(0) === 58) return undefined;
    switch (name) {
      case "connection":
      case "keep-alive":
      case "proxy-connection":
      case "transfer-encoding":
      case "upgrade":
        return undefined;
      case "content-length": {
        const value = fields[i + 1] ?? "";
        if (contentLength >= 0 || !/^\d{1,15}$/.test(value)) return undefined;
        contentLength = Number(value);
      }
    }
  }
  return { fields: joinLines(fields, JOINED_IN_RESPONSES), status: Number(text), contentLength };
}
