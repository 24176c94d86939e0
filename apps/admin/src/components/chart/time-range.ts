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

/** For `datetime-local` inputs, in the user's zone. */
export function toLocalInput(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
