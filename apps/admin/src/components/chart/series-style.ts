/** How a line looks. Each tone has a dash of its own where lines share a chart, so that colour is never the only sign. */
export type SeriesTone = "accent" | "ok" | "info" | "warn" | "bad" | "muted";

/** The classes that write in a tone. */
export const TONE_INKS: Readonly<Record<SeriesTone, string>> = {
  accent: "text-accent",
  ok: "text-ok",
  info: "text-info",
  warn: "text-warn",
  bad: "text-bad",
  muted: "text-muted",
};

export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly tone: SeriesTone;
  readonly values: readonly (number | null)[];
  /** Lengths of dash and gap in pixels; default a whole line. */
  readonly dash?: readonly [number, number];
}

const VARIABLES: Readonly<Record<SeriesTone | "line" | "faint" | "surface", string>> = {
  accent: "--accent",
  ok: "--ok",
  info: "--info",
  warn: "--warn",
  bad: "--bad",
  muted: "--muted",
  line: "--line",
  faint: "--faint",
  surface: "--surface",
};

export type Palette = Readonly<Record<keyof typeof VARIABLES, string>>;

let palette: { readonly theme: string; readonly colors: Palette } | undefined;

/** The tokens' values in the theme that is on, for the canvas. */
export function readPalette(): Palette {
  const theme = document.documentElement.className;
  if (palette?.theme !== theme) {
    const style = getComputedStyle(document.documentElement);
    const entries = Object.entries(VARIABLES).map(([name, variable]) => [
      name,
      style.getPropertyValue(variable).trim(),
    ]);
    palette = { theme, colors: Object.fromEntries(entries) as Palette };
  }
  return palette.colors;
}

/** `#rrggbb` with an alpha of 0…1. */
export function withAlpha(hex: string, alpha: number): string {
  return `${hex}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0")}`;
}
