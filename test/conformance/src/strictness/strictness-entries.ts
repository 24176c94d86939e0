import { HTTP1_FRAMING_ENTRIES } from "./http1-framing-entries.ts";
import { HTTP1_HEAD_ENTRIES } from "./http1-head-entries.ts";
import { HTTP2_ENTRIES } from "./http2-entries.ts";
import { RESPONSE_ENTRIES } from "./response-entries.ts";
import type { StrictnessEntry } from "./strictness-entry.ts";

export const STRICTNESS_ENTRIES: readonly StrictnessEntry[] = [
  ...HTTP1_HEAD_ENTRIES,
  ...HTTP1_FRAMING_ENTRIES,
  ...HTTP2_ENTRIES,
  ...RESPONSE_ENTRIES,
];
