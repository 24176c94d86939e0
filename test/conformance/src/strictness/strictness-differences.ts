import type { StrictnessEntry } from "./strictness-entry.ts";

type Difference = readonly [reason: string, kind: StrictnessEntry["kind"], ...names: string[]];

/**
 * Where Sluice does otherwise than Envoy, and why it may. An entry that is not here must come out the same at both, and one
 * that is here must not.
 */
const DIFFERENCES: readonly Difference[] = [
  [
    "stricter: a recipient may, and need not, take a bare LF for a line's end (9112 §2.2); servers disagree about it",
    "request",
    "a bare LF before the request",
    "a request line that ends in LF",
    "lines that all end in LF",
    "a field that ends in LF",
    "a head that ends in LF",
    "the coding behind a bare LF",
    "a trailer with a bare LF",
    "a last line that ends in LF",
  ],
  [
    "stricter: a bare CR makes a message invalid or is to be replaced (9112 §2.2); Envoy leaves it out, which joins its neighbours",
    "request",
    "a bare CR before the request",
    "a field that ends in CR CR LF",
    "a value with a bare CR",
    "a value with a bare CR at its start",
    "the coding behind a bare CR",
  ],
  [
    "stricter: folded lines may be refused (9112 §5.2)",
    "request",
    "a line of spaces",
    "a folded line",
    "a line folded by a tab",
    "the coding's name folded away",
    "a length in a folded line",
    "a folded trailer",
  ],
  [
    "stricter: folded lines may be refused (9112 §5.2); an empty coding is none that is served",
    "request",
    "the coding folded",
  ],
  [
    "stricter: at least one empty line before a request is to be ignored (9112 §2.2), and here eight are",
    "request",
    "many CR LF before the request",
  ],
  [
    "stricter: lenient reading of a request line's spaces is an option (9112 §3) that invites smuggling",
    "request",
    "two spaces behind the method",
    "two spaces behind the target",
    "a tab behind the method",
    "a tab behind the target",
    "a space behind the version",
  ],
  [
    "both refuse; Sluice takes the line for one of HTTP/0.9, which is told to upgrade",
    "request",
    "no target",
  ],
  [
    "an empty path is / (9110 §4.2.3); Envoy finds no route for it",
    "request",
    "an absolute target with a query alone",
  ],
  [
    "stricter: more than one Host must be refused (9112 §3.2)",
    "request",
    "two equal Hosts",
    "two different Hosts",
  ],
  [
    "both refuse; Sluice names the coding that it does not serve (9112 §6.1: 501), Envoy the length beside it",
    "request",
    "length and gzip",
    "identity with a length",
    "an empty coding",
  ],
  ["stricter: a coding in HTTP/1.0 is faulty framing (9112 §6.1)", "request", "a coding in HTTP/1.0"],
  [
    "stricter: overflow of numbers is to be prevented (9110 §8.6), and an upstream may not prevent it",
    "request",
    "a length with fifty leading zeros",
    "a length of 2^63",
  ],
  [
    "stricter: overflow of numbers is to be prevented (9112 §7.1); thirteen digits are enough",
    "request",
    "a chunk size with many leading zeros",
  ],
  [
    "stricter: a chunk's data ends in CR LF (9112 §7.1)",
    "request",
    "a chunk that ends in LF",
    "a chunk longer than it says",
  ],
  ["stricter: extensions hold no control characters (9112 §7.1.1)", "request", "a NUL in a chunk extension"],
  [
    "stricter: the length of extensions is to be limited (9112 §7.1.1)",
    "request",
    "a chunk extension of 20 kB",
  ],
  [
    "stricter: such trailers may not be generated (9110 §6.5.1), and are dropped (9112 §7.1.2); Envoy passes them on",
    "request",
    "a length as trailer",
    "a coding as trailer",
    "a Host as trailer",
  ],
  ["stricter: the limit of headers holds for trailers too (9110 §5.4)", "request", "two hundred trailers"],
  ["stricter: a target is ASCII (9112 §3.2); Envoy passes the octets on", "http2", "a :path above ASCII"],
  [
    "stricter: such trailers may not be generated (9110 §6.5.1); Envoy passes them on",
    "http2",
    "a Host as trailer",
  ],
  [
    "stricter: stream numbers must grow (9113 §5.1.1); Envoy ignores the frame",
    "http2",
    "HEADERS on a smaller stream",
  ],
  [
    "an error of the stream alone (9113 §6.9, §6.9.1); Envoy ends the connection",
    "http2",
    "WINDOW_UPDATE of 0 on a stream",
    "a stream window beyond 2^31 - 1",
  ],
  ["stricter: a coding in HTTP/1.0 is faulty framing (9112 §6.1)", "response", "chunked in HTTP/1.0"],
  ["stricter: a chunk's data ends in CR LF (9112 §7.1)", "response", "a chunk longer than it says"],
  ["stricter: not HTTP/1.1 (9112 §2.3); Envoy takes it for that", "response", "HTTP/2.0", "HTTP/1.2"],
  [
    "stricter: a status has three digits (9112 §4); Envoy passes four on",
    "response",
    "a status of four digits",
  ],
  [
    "stricter: a status line has single spaces and ends in CR LF (9112 §4, §2.2)",
    "response",
    "two spaces before the status",
    "a status line that ends in LF",
  ],
  ["stricter: folded lines may be refused by 502 (9112 §5.2)", "response", "a folded line"],
  ["stricter: bare LF and CR (9112 §2.2)", "response", "a bare LF between fields", "a bare CR in a value"],
  [
    "stricter: 101 only answers an offer to upgrade (9110 §15.2.2); Envoy passes it on",
    "response",
    "101 that nobody asked for",
  ],
];

/** Key of an entry among all kinds. */
export function keyOf(entry: { readonly kind: string; readonly name: string }): string {
  return `${entry.kind}: ${entry.name}`;
}

export const REASONS: ReadonlyMap<string, string> = new Map(
  DIFFERENCES.flatMap(([reason, kind, ...names]) =>
    names.map((name) => [keyOf({ kind, name }), reason] as const),
  ),
);
