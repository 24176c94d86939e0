import { pad, strftimePiece, type TimePiece, zoneOffset } from "./strftime.ts";

let lastSecond = Number.NaN;
let lastPrefix = "";

/**
 * `YYYY-MM-DDTHH:MM:SS.mmmZ`, Envoy's default for START_TIME. Entries are written in the order of their ends, so that their starts
 * share a second rather than a millisecond.
 */
export function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== lastSecond) {
    lastPrefix = new Date(second * 1000).toISOString().slice(0, -4);
    lastSecond = second;
  }
  const ms = Math.floor(wallMs) - second * 1000;
  return `${lastPrefix}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z`;
}

/** Envoy refuses what could break a header's line. */
const LINE_FEED = /%[-_0^#]*[1-9]*[EO]?n/;
/** Envoy's own: whole seconds, and the digits behind them. */
const SECONDS_OR_FRACTION = /%(?:([1-9])?f|(s))/g;
/** What absl has beyond strftime, behind the percent sign. */
const EXTENDED = /^(?:E(?:([0-9]+|\*)([Sf])|(\*?)z|(T)|(4)Y)|(:{1,3})z)/;

const fraction = (wallMs: number, digits: number): string =>
  pad(Math.floor((((wallMs % 1000) + 1000) % 1000) * 1e6), 9)
    .slice(0, digits)
    .padEnd(digits, "0");

/**
 * Compiles a strftime pattern with absl's and Envoy's additions `%3f`, `%s`, `%E3S`, `%E*S`, `%Ez` and the like, in UTC or in the
 * process's time zone. As in Envoy, what it does not know prints as it stands; only `%n` is refused, with a message.
 */
export function compileTimeFormat(
  pattern: string,
  local = false,
): ((wallMs: number) => string) | { readonly message: string } {
  if (LINE_FEED.test(pattern)) return { message: `the time format '${pattern}' has a line feed` };
  const pieces: TimePiece[] = [];
  let at = 0;
  for (const match of pattern.matchAll(SECONDS_OR_FRACTION)) {
    addSegment(pieces, pattern.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== undefined) pieces.push((_date, wallMs) => String(Math.floor(wallMs / 1000)));
    else {
      const digits = Number(match[1] ?? 9);
      pieces.push((_date, wallMs) => fraction(wallMs, digits));
    }
  }
  addSegment(pieces, pattern.slice(at));
  return (wallMs) => {
    const offset = local ? -new Date(wallMs).getTimezoneOffset() : 0;
    const date = new Date(wallMs + offset * 60_000);
    let out = "";
    for (const piece of pieces) out += piece(date, wallMs, offset);
    return out;
  };
}

/** What stands between Envoy's own conversions: absl's, else strftime's. */
function addSegment(pieces: TimePiece[], segment: string): void {
  let at = 0;
  while (at < segment.length) {
    const percent = segment.indexOf("%", at);
    const text = percent < 0 ? segment.slice(at) : segment.slice(at, percent);
    if (text !== "") pieces.push(() => text);
    if (percent < 0) return;
    const rest = segment.slice(percent + 1);
    const { piece, length } = extendedPiece(rest) ?? strftimePiece(rest);
    pieces.push(piece);
    at = percent + 1 + length;
  }
}

/** Digits of a second that absl prints at most. */
const FRACTION_DIGITS_MAX = 18;

function extendedPiece(text: string): { readonly piece: TimePiece; readonly length: number } | undefined {
  const match = EXTENDED.exec(text);
  if (match === null) return undefined;
  const length = match[0].length;
  const [, digits, kind, star, t, year, colons] = match;
  if (digits !== undefined) return { piece: secondsPiece(digits, kind === "S"), length };
  if (t !== undefined) return { piece: () => "T", length };
  if (year !== undefined) return { piece: (date) => pad(date.getUTCFullYear(), 4), length };
  // Zones are whole minutes.
  const seconds = star === "*" || colons === "::" ? ":00" : "";
  if (colons === ":::") return { piece: (_date, _wallMs, offset) => shortOffset(offset), length };
  return { piece: (_date, _wallMs, offset) => `${zoneOffset(offset, ":")}${seconds}`, length };
}

/** `*`: as many digits as there are. */
function secondsPiece(digits: string, withSeconds: boolean): TimePiece {
  const part = (wallMs: number): string =>
    digits === "*"
      ? fraction(wallMs, 9).replace(/0+$/, "")
      : fraction(wallMs, Math.min(Number(digits), FRACTION_DIGITS_MAX));
  if (!withSeconds) return (_date, wallMs) => part(wallMs);
  return (date, wallMs) => {
    const seconds = pad(date.getUTCSeconds(), 2);
    const more = part(wallMs);
    return more === "" ? seconds : `${seconds}.${more}`;
  };
}

const shortOffset = (offset: number): string => zoneOffset(offset, ":").replace(/:00$/, "");
