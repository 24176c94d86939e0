import { type ChartSeries, TONE_INKS } from "./series-style.ts";

/** A piece of the line, dashes and all. */
export function SeriesSwatch({ series }: { readonly series: Pick<ChartSeries, "tone" | "dash"> }) {
  return (
    <svg aria-hidden="true" width="16" height="8" className={`shrink-0 ${TONE_INKS[series.tone]}`}>
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
