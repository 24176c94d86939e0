/** `date`: its UTC fields are those to print; `wallMs`: the moment; `offsetMinutes`: of the zone, east positive. */
export type TimePiece = (date: Date, wallMs: number, offsetMinutes: number) => string;

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
const DAY_MS = 86_400_000;

export const pad = (value: number, width: number): string => String(value).padStart(width, "0");
const dayName = (date: Date): string => DAYS[date.getUTCDay()] ?? "";
const monthName = (date: Date): string => MONTHS[date.getUTCMonth()] ?? "";
/** From 0. */
const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS);
const hour12 = (date: Date): number => (date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12);
const mondayBased = (date: Date): number => (date.getUTCDay() + 6) % 7;
/** The Thursday of the week that a date is in, whose year is that of the week (ISO 8601). */
const isoThursday = (date: Date): Date => new Date(date.getTime() + (3 - mondayBased(date)) * DAY_MS);

/** East positive: `+0100`, with a colon `+01:00`. */
export function zoneOffset(minutes: number, colon: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60), 2)}${colon}${pad(size % 60, 2)}`;
}

const zoneName = (wallMs: number): string =>
  new Intl.DateTimeFormat("en-US", { timeZoneName: "short" })
    .formatToParts(wallMs)
    .find(({ type }) => type === "timeZoneName")?.value ?? "";

interface Conversion {
  /** Which of the modifiers E and O it takes. */
  readonly modifiers: "" | "E" | "O" | "EO";
  /** `#` makes capitals of it, or small letters. */
  readonly hash?: "upper" | "lower";
}
interface NumberConversion extends Conversion {
  readonly number: (date: Date, wallMs: number) => number;
  readonly digits: number;
  /** Filled up with spaces where no flag says otherwise. */
  readonly spaced?: boolean;
}
interface TextConversion extends Conversion {
  readonly text: TimePiece;
}

const number = (
  digits: number,
  modifiers: Conversion["modifiers"],
  pick: NumberConversion["number"],
): NumberConversion => ({ number: pick, digits, modifiers });
const spaced = (pick: NumberConversion["number"]): NumberConversion => ({
  ...number(2, "O", pick),
  spaced: true,
});
const name = (modifiers: Conversion["modifiers"], text: TimePiece): TextConversion => ({
  text,
  modifiers,
  hash: "upper",
});
/** Made of others. */
const made = (modifiers: Conversion["modifiers"], pattern: string): TextConversion => ({
  modifiers,
  text: (date, wallMs, offset) =>
    pattern.replace(/%(.)/g, (_all, letter: string) => convert(letter)?.(date, wallMs, offset) ?? ""),
});

const CONVERSIONS: Readonly<Record<string, NumberConversion | TextConversion>> = {
  a: name("", (date) => dayName(date).slice(0, 3)),
  A: name("", dayName),
  b: name("O", (date) => monthName(date).slice(0, 3)),
  h: name("O", (date) => monthName(date).slice(0, 3)),
  B: name("O", monthName),
  p: { ...name("EO", (date) => (date.getUTCHours() < 12 ? "AM" : "PM")), hash: "lower" },
  P: { text: (date) => (date.getUTCHours() < 12 ? "am" : "pm"), modifiers: "EO" },
  Z: {
    text: (_date, wallMs, offset) => (offset === 0 ? "UTC" : zoneName(wallMs)),
    modifiers: "EO",
    hash: "lower",
  },
  z: { text: (_date, _wallMs, offset) => zoneOffset(offset, ""), modifiers: "EO" },
  t: { text: () => "\t", modifiers: "EO" },
  "%": { text: () => "%", modifiers: "" },
  Y: number(1, "E", (date) => date.getUTCFullYear()),
  C: number(2, "EO", (date) => Math.floor(date.getUTCFullYear() / 100)),
  y: number(2, "EO", (date) => date.getUTCFullYear() % 100),
  G: number(1, "O", (date) => isoThursday(date).getUTCFullYear()),
  g: number(2, "O", (date) => isoThursday(date).getUTCFullYear() % 100),
  m: number(2, "O", (date) => date.getUTCMonth() + 1),
  d: number(2, "O", (date) => date.getUTCDate()),
  e: spaced((date) => date.getUTCDate()),
  H: number(2, "O", (date) => date.getUTCHours()),
  I: number(2, "O", hour12),
  k: spaced((date) => date.getUTCHours()),
  l: spaced(hour12),
  M: number(2, "O", (date) => date.getUTCMinutes()),
  S: number(2, "O", (date) => date.getUTCSeconds()),
  s: number(1, "EO", (_date, wallMs) => Math.floor(wallMs / 1000)),
  j: number(3, "O", (date) => dayOfYear(date) + 1),
  u: number(1, "EO", (date) => mondayBased(date) + 1),
  w: number(1, "O", (date) => date.getUTCDay()),
  U: number(2, "O", (date) => Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7)),
  W: number(2, "O", (date) => Math.floor((dayOfYear(date) + 7 - mondayBased(date)) / 7)),
  V: number(2, "O", (date) => Math.floor(dayOfYear(isoThursday(date)) / 7) + 1),
  c: made("E", "%a %b %e %H:%M:%S %Y"),
  D: made("", "%m/%d/%y"),
  x: made("E", "%m/%d/%y"),
  F: made("", "%Y-%m-%d"),
  R: made("EO", "%H:%M"),
  r: made("EO", "%I:%M:%S %p"),
  T: made("EO", "%H:%M:%S"),
  X: made("E", "%H:%M:%S"),
};

/**
 * One conversion of strftime as GNU's C library has it in the C locale, `text` being what follows the percent sign: flags,
 * width, modifier, letter. What it does not know prints as it stands, filled up with spaces to its width.
 */
export function strftimePiece(text: string): { readonly piece: TimePiece; readonly length: number } {
  const [head = "", flags = "", digits = "", modifier = ""] = /^([-_0^#+]*)([0-9]*)([EO]?)/.exec(text) ?? [];
  const letter = text.charAt(head.length);
  const width = Number(digits);
  const piece = convert(letter, flags, width, modifier);
  if (piece !== undefined) return { piece, length: head.length + 1 };
  const raw = `%${head}${letter}`.padStart(width, flags.endsWith("0") ? "0" : " ");
  return { piece: () => raw, length: head.length + letter.length };
}

function convert(letter: string, flags = "", width = 0, modifier = ""): TimePiece | undefined {
  const conversion = Object.hasOwn(CONVERSIONS, letter) ? CONVERSIONS[letter] : undefined;
  if (conversion === undefined || !conversion.modifiers.includes(modifier)) return undefined;
  // The last flag about filling up counts.
  const fill = /[-_0+](?=[^-_0+]*$)/.exec(flags)?.[0] ?? "";
  if ("number" in conversion) return numberPiece(conversion, fill, width);
  const { text, hash } = conversion;
  const changed = flags.includes("#") ? hash : undefined;
  const upper = flags.includes("^") || changed === "upper";
  return (date, wallMs, offset) => {
    const shown = text(date, wallMs, offset);
    const cased = upper ? shown.toUpperCase() : changed === "lower" ? shown.toLowerCase() : shown;
    return cased.padStart(width, fill === "0" ? "0" : " ");
  };
}

function numberPiece(conversion: NumberConversion, fill: string, width: number): TimePiece {
  const { number: pick, spaced: usuallySpaced = false } = conversion;
  const size = Math.max(conversion.digits, width);
  const spaces = fill === "_" || (fill === "" && usuallySpaced);
  return (date, wallMs) => {
    const shown = String(pick(date, wallMs));
    // Without zeros the width still holds, with spaces.
    if (fill === "-") return shown.padStart(width, " ");
    return shown.padStart(size, spaces ? " " : "0");
  };
}
