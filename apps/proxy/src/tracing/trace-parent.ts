import type { HeaderMap } from "@sluice/extension-api";

/** The caller's place in a trace, or that of a new one. Ids are lower-case hex; `spanId` "" for a root. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  readonly traceState: string;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** W3C Trace Context (https://www.w3.org/TR/trace-context/#traceparent-header); undefined when absent or malformed. */
export function readTraceParent(headers: HeaderMap): TraceParent | undefined {
  const text = headers.get("traceparent");
  if (text === undefined) return undefined;
  const match = TRACEPARENT.exec(text);
  const [, version = "", traceId = "", spanId = "", flags = "", more] = match ?? [];
  if (match === null || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, traceState: headers.getAll("tracestate") ?? "" };
}

/** `words` times eight hex digits, never all zero. */
export function randomHex(uint32: () => number, words: number): string {
  let text = "";
  for (let word = 0; word < words; word++) {
    const value = word === 0 ? (uint32() | 1) >>> 0 : uint32();
    text += value.toString(16).padStart(8, "0");
  }
  return text;
}
