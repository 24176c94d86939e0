import type UPlot from "uplot";
import { isolatedPoints } from "./isolated-points.ts";
import type { LineChartProps } from "./line-chart.tsx";
import { readPalette, type SeriesTone, withAlpha } from "./series-style.ts";
import { rangeFromZero, rangeToOne } from "./stack-series.ts";

interface Surroundings {
  readonly width: number;
  readonly height: number;
  /** IANA name: of the marks under the chart. */
  readonly timeZone: string;
  /** An instant as a date whose fields read as that zone's, so that days begin there at midnight. */
  readonly zoned: (at: Date) => Date;
  /** Index of the point under the cross-hair, of this chart or of one that it is in step with. */
  readonly onCursor: (index: number | undefined) => void;
}

const FONT = "11px ui-sans-serif, system-ui, sans-serif";
const AXIS_WIDTH = 64;
const BYTE_STEPS = Array.from({ length: 50 }, (_, exponent) => 2 ** exponent);

/** What uPlot needs to draw in our tokens. `props` is read anew at each drawing, colours too: they follow the theme. */
export function chartOptions(props: () => LineChartProps, around: Surroundings): UPlot.Options {
  const { series, stacked, axis, syncKey, onSelect } = props();
  return {
    tzDate: (seconds) => around.zoned(new Date(seconds * 1000)),
    width: around.width,
    height: around.height,
    legend: { show: false },
    // On the right there is room for half a time under the last mark.
    padding: [8, 20, 0, 0],
    cursor: {
      points: { size: 6 },
      drag: { x: onSelect !== undefined, y: false, setScale: false },
      ...(syncKey === undefined ? {} : { sync: { key: syncKey, setSeries: false } }),
    },
    scales: {
      x: { time: true, range: () => [props().from, props().to] },
      y: { range: (_, low, high) => (axis === "share" ? rangeToOne(low) : rangeFromZero(high)) },
    },
    axes: [
      {
        ...axisLook(),
        space: (_, __, ___, ____, pixels) => (pixels < 400 ? 48 : 80),
        size: 28,
        values: (_, ticks, __, ___, step) => ticks.map((tick) => timeLabel(tick, step, around.timeZone)),
      },
      {
        ...axisLook(),
        size: AXIS_WIDTH,
        space: 36,
        ...(axis === "bytes" ? { incrs: BYTE_STEPS } : {}),
        values: (_, ticks) => ticks.map((tick) => (axis === "share" && tick > 1 ? "" : props().format(tick))),
      },
    ],
    series: [
      {},
      ...series.map(({ label, tone, dash }) => ({
        label,
        stroke: () => readPalette()[tone],
        fill: () => fillOf(tone, stacked === true, series.length),
        width: 1.5,
        ...(dash === undefined ? {} : { dash: [...dash] }),
        points: {
          show: false,
          size: 4,
          fill: () => readPalette()[tone],
          filter: (plot: UPlot, index: number) => isolatedPoints(plot.data[index] ?? []),
        },
        spanGaps: false,
      })),
    ],
    hooks: {
      setCursor: [(plot) => around.onCursor(plot.cursor.idx ?? undefined)],
      draw: [(plot) => drawMarkers(plot, props())],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 4) props().onSelect?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Stacked areas cover what is under them, so they mix with the ground instead of letting it through. */
function fillOf(tone: SeriesTone, stacked: boolean, count: number): string {
  const palette = readPalette();
  if (stacked) return `color-mix(in srgb, ${palette[tone]} 22%, ${palette.surface})`;
  return count === 1 ? withAlpha(palette[tone], 0.1) : "transparent";
}

/** One line, in the zone and the language of the page: seconds only where the marks are that close, days where they are that far. */
function timeLabel(tick: number, stepSeconds: number, timeZone: string): string {
  const at = new Date(tick * 1000);
  const locale = document.documentElement.lang;
  if (stepSeconds >= 86_400)
    return at.toLocaleDateString(locale, { timeZone, month: "short", day: "numeric" });
  const seconds = stepSeconds < 60 ? { second: "2-digit" as const } : {};
  return at.toLocaleTimeString(locale, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...seconds,
  });
}

function axisLook(): Partial<UPlot.Axis> {
  return {
    stroke: () => readPalette().faint,
    font: FONT,
    grid: { stroke: () => readPalette().line, width: 1 },
    ticks: { show: false },
    gap: 6,
  };
}

function drawMarkers(plot: UPlot, { markers, from, to }: LineChartProps): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const { faint, surface } = readPalette();
  ctx.save();
  ctx.font = `${11 * ratio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.strokeStyle = faint;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.lineWidth = ratio;
  let labelledUntil = Number.NEGATIVE_INFINITY;
  for (const { at, label } of markers ?? []) {
    if (at < from || at > to) continue;
    const x = Math.round(plot.valToPos(at, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(label).width + 5 * ratio;
    if (x < labelledUntil) continue;
    labelledUntil = x + width;
    ctx.fillStyle = surface;
    ctx.fillRect(x + 2 * ratio, bbox.top, width, 13 * ratio);
    ctx.fillStyle = faint;
    ctx.fillText(label, x + 4 * ratio, bbox.top + ratio);
  }
  ctx.restore();
}
