/** `m5` … are the last minutes and hours, going on; else a range of the past. */
export const PRESETS = { m5: 300, m15: 900, h1: 3_600, h6: 21_600, h24: 86_400 } as const;
export type Preset = keyof typeof PRESETS;

export type ChosenRange =
  | { readonly live: true; readonly preset: Preset; readonly seconds: number }
  | { readonly live: false; readonly from: Date; readonly to: Date };

/** Of the address: `range=h1`, or `range=<from>-<to>` in epoch seconds. What it cannot read is the last 15 minutes. */
export function parseRange(text: string | undefined): ChosenRange {
  if (text !== undefined && Object.hasOwn(PRESETS, text)) {
    const preset = text as Preset;
    return { live: true, preset, seconds: PRESETS[preset] };
  }
  const match = /^(\d{9,11})-(\d{9,11})$/.exec(text ?? "");
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && to > from)
    return { live: false, from: new Date(from * 1000), to: new Date(to * 1000) };
  return { live: true, preset: "m15", seconds: PRESETS.m15 };
}

/** At least two seconds long, so that a slip of the mouse does not end in an empty page. */
export function formatRange(fromSeconds: number, toSeconds: number): string {
  const from = Math.floor(fromSeconds);
  return `${from}-${Math.max(from + 2, Math.ceil(toSeconds))}`;
}

/** How far a zone's clocks are ahead of UTC at an instant, milliseconds. */
function zoneOffsetMs(atMs: number, timeZone: string): number {
  const fields = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(atMs);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(fields.find((field) => field.type === type)?.value);
  const wallMs = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wallMs - Math.floor(atMs / 1000) * 1000;
}

/** For `datetime-local` inputs: the clocks of a zone at an instant. */
export function toLocalInput(at: Date, timeZone: string): string {
  return new Date(at.getTime() + zoneOffsetMs(at.getTime(), timeZone)).toISOString().slice(0, 19);
}

/** The instant, epoch milliseconds, at which a zone's clocks show what such an input holds; NaN for what is none. */
export function fromLocalInput(text: string, timeZone: string): number {
  const wallMs = Date.parse(`${text}Z`);
  if (Number.isNaN(wallMs)) return Number.NaN;
  // The offset at the wall time read as UTC may be that of the other side of a change of clocks.
  const guessMs = wallMs - zoneOffsetMs(wallMs, timeZone);
  return wallMs - zoneOffsetMs(guessMs, timeZone);
}
