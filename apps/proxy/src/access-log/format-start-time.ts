let lastWallMs = Number.NaN;
let lastText = "";

/** `YYYY-MM-DDTHH:MM:SS.mmmZ`, Envoy's default for START_TIME. Requests of the same millisecond share the text. */
export function isoTime(wallMs: number): string {
  if (wallMs !== lastWallMs) {
    lastText = new Date(wallMs).toISOString();
    lastWallMs = wallMs;
  }
  return lastText;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `date`: its UTC fields are those to print; `wallMs`: the moment; `offsetMinutes`: of the zone, east positive. */
type Piece = (date: Date, wallMs: number, offsetMinutes: number) => string;

const pad = (value: number, width: number): string => String(value).padStart(width, "0");
const fraction = (wallMs: number, digits: number): string =>
  pad(Math.floor((((wallMs % 1000) + 1000) % 1000) * 1e6), 9).slice(0, digits);
const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;

const zoneOffset = (minutes: number, colon: string): string => {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60), 2)}${colon}${pad(size % 60, 2)}`;
};
const zoneName = (wallMs: number): string =>
  new Intl.DateTimeFormat("en-US", { timeZoneName: "short" })
    .formatToParts(wallMs)
    .find(({ type }) => type === "timeZoneName")?.value ?? "";

const CONVERSIONS: Readonly<Record<string, Piece>> = {
  Y: (date) => String(date.getUTCFullYear()),
  y: (date) => pad(date.getUTCFullYear() % 100, 2),
  m: (date) => pad(date.getUTCMonth() + 1, 2),
  d: (date) => pad(date.getUTCDate(), 2),
  e: (date) => String(date.getUTCDate()).padStart(2, " "),
  H: (date) => pad(date.getUTCHours(), 2),
  I: (date) => pad(date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12, 2),
  p: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  M: (date) => pad(date.getUTCMinutes(), 2),
  S: (date) => pad(date.getUTCSeconds(), 2),
  s: (_date, wallMs) => String(Math.floor(wallMs / 1000)),
  f: (_date, wallMs) => fraction(wallMs, 9),
  a: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? "",
  b: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  h: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? "",
  j: (date) => pad(dayOfYear(date), 3),
  u: (date) => String(date.getUTCDay() === 0 ? 7 : date.getUTCDay()),
  w: (date) => String(date.getUTCDay()),
  F: (date) => date.toISOString().slice(0, 10),
  T: (date) => date.toISOString().slice(11, 19),
  R: (date) => date.toISOString().slice(11, 16),
  D: (date) =>
    `${pad(date.getUTCMonth() + 1, 2)}/${pad(date.getUTCDate(), 2)}/${pad(date.getUTCFullYear() % 100, 2)}`,
  z: (_date, _wallMs, offset) => zoneOffset(offset, ""),
  Z: (_date, wallMs, offset) => (offset === 0 ? "UTC" : zoneName(wallMs)),
  c: (date) => date.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+).*$/, "$1 $3 $2 $5 $4"),
  t: () => "\t",
  "%": () => "%",
};

/**
 * Compiles a strftime pattern with Envoy's additions `%3f`, `%6f`, `%9f`, `%E3S`, `%E*S`, `%Ez` and the like, in UTC or in
 * the process's time zone. Answers a message for a conversion that it does not know.
 */
export function compileTimeFormat(
  pattern: string,
  local = false,
): ((wallMs: number) => string) | { readonly message: string } {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < pattern.length) {
    const percent = pattern.indexOf("%", at);
    const text = percent < 0 ? pattern.slice(at) : pattern.slice(at, percent);
    if (text !== "") pieces.push(() => text);
    if (percent < 0) break;
    const rest = pattern.slice(percent + 1);
    const extended = extendedConversion(rest);
    if (extended !== undefined) {
      pieces.push(extended.piece);
      at = percent + 1 + extended.length;
      continue;
    }
    const piece = CONVERSIONS[rest[0] ?? ""];
    if (piece === undefined) return { message: `time conversion '%${rest[0] ?? ""}' is not known` };
    pieces.push(piece);
    at = percent + 2;
  }
  return (wallMs) => {
    const offset = local ? -new Date(wallMs).getTimezoneOffset() : 0;
    const date = new Date(wallMs + offset * 60_000);
    let out = "";
    for (const piece of pieces) out += piece(date, wallMs, offset);
    return out;
  };
}

/** What absl and Envoy have beyond strftime, at the start of `text`. */
function extendedConversion(text: string): { readonly piece: Piece; readonly length: number } | undefined {
  if (text.startsWith("Ez")) return { piece: (_date, _wallMs, offset) => zoneOffset(offset, ":"), length: 2 };
  const match = /^E?([1-9]|(?<=E)\*)([fS])/.exec(text);
  if (match === null) return undefined;
  const digits = match[1] === "*" ? undefined : Number(match[1]);
  const part = (wallMs: number): string =>
    digits === undefined ? fraction(wallMs, 9).replace(/0+$/, "") : fraction(wallMs, digits);
  const piece: Piece =
    match[2] === "f"
      ? (_date, wallMs) => part(wallMs)
      : (date, wallMs) => {
          const seconds = pad(date.getUTCSeconds(), 2);
          const more = part(wallMs);
          return more === "" ? seconds : `${seconds}.${more}`;
        };
  return { piece, length: match[0].length };
}
