import type { ChartSeries, SeriesTone } from "./series-style.ts";

const INKS: Readonly<Record<SeriesTone, string>> = {
  accent: "text-accent",
  ok: "text-ok",
  info: "text-info",
  warn: "text-warn",
  bad: "text-bad",
  muted: "text-muted",
};

/** A piece of the line, dashes and all. */
export function SeriesSwatch({ series }: { readonly series: Pick<ChartSeries, "tone" | "dash"> }) {
  return (
    <svg aria-hidden="true" width="16" height="8" className={`shrink-0 ${INKS[series.tone]}`}>
      <line
        x1="0"
        x2="16"
        y1="4"
        y2="4"
        stroke="currentColor"
        strokeWidth="2"
        strokeDasharray={series.dash?.join(" ")}
      />
    </svg>
  );
}
