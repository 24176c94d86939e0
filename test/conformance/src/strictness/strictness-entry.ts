import type { RawHttp2Client } from "@sluice/harness";

interface Entry {
  /** States what is odd; unique among its kind. */
  readonly name: string;
  /** Where it is forbidden or allowed, as in `9112 §6.3`. */
  readonly rfc: string;
  /** The message is refused by what comes behind its head: whether the upstream has it by then is left to chance. */
  readonly mayReachUpstream?: true;
  /** `plain` has defaults; `open` takes HTTP/1.0, trailers, custom methods and websockets. Default `plain`. */
  readonly listener?: "plain" | "open";
}

/** Octets of a request. A plain `GET /marker` follows at once on the same connection. */
export interface RequestEntry extends Entry {
  readonly kind: "request";
  /** latin1. */
  readonly octets: string;
  /** The client ends its half of the connection instead of sending the marker. */
  readonly early?: "end" | "reset";
}

/** Octets with which the upstream answers a request. A plain request follows on the same downstream connection. */
export interface ResponseEntry extends Entry {
  readonly kind: "response";
  /** latin1. */
  readonly octets: string;
  /** What the upstream does behind them. Default: it leaves the connection open. */
  readonly afterwards?: "end" | "reset";
  /** Of the request; default GET. */
  readonly method?: string;
}

/** Frames on an HTTP/2 connection; the odd request is stream 1. `GET /marker` follows as stream 101. */
export interface Http2Entry extends Entry {
  readonly kind: "http2";
  readonly send: (client: RawHttp2Client) => void;
  /** Instead of preface and SETTINGS. */
  readonly opening?: string;
}

export type StrictnessEntry = RequestEntry | ResponseEntry | Http2Entry;

/** What became of an entry at one proxy: plain data, to be compared as a whole. */
export interface Outcome {
  /** What the client was told, in a few words: `400, closed`; `200 then 200`; `stream reset (1)`. */
  readonly client: string;
  /** Messages that the upstream got whole, as it read them. */
  readonly upstream: readonly string[];
  /** Broken invariants: any reading but one. */
  readonly dangers: readonly string[];
}
