import { memo } from "react";
import { type SeriesTone, TONE_INKS } from "./series-style.ts";

export interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly tone?: SeriesTone;
  readonly width?: number;
  readonly height?: number;
}

/** The shape of the last minutes beside its figure. Decoration for the eye; the figure carries the value. */
export const Sparkline = memo(function Sparkline({
  values,
  tone = "accent",
  width = 96,
  height = 28,
}: SparklineProps) {
  const { path, from } = sparklinePath(values, width, height);
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={`h-7 w-full ${TONE_INKS[tone]}`}
    >
      {path !== "" && (
        <>
          <path d={`${path}V${height}H${from}z`} fill="currentColor" opacity="0.1" stroke="none" />
          <path
            d={path}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
});

/** Gaps are bridged: at this size a hole would look like a zero. It begins where the values do. */
function sparklinePath(
  values: readonly (number | null)[],
  width: number,
  height: number,
): { readonly path: string; readonly from: string } {
  const last = values.length - 1;
  if (last < 1) return { path: "", from: "0" };
  const high = Math.max(...values.map((value) => value ?? 0));
  let path = "";
  let from = "0";
  values.forEach((value, index) => {
    if (value === null) return;
    const x = ((index / last) * width).toFixed(1);
    const y = (height - 2 - (high === 0 ? 0 : value / high) * (height - 4)).toFixed(1);
    if (path === "") from = x;
    path += `${path === "" ? "M" : "L"}${x} ${y}`;
  });
  return { path, from };
}
