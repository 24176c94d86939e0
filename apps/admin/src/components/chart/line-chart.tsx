"use client";

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type UPlot from "uplot";
import { useFormatter, useTimeZone } from "use-intl";
import "uplot/dist/uPlot.min.css";
import { chartOptions } from "./chart-options.ts";
import { cursorAfterKey } from "./cursor-after-key.ts";
import type { ChartSeries } from "./series-style.ts";
import { SeriesSwatch } from "./series-swatch.tsx";
import { stackSeries } from "./stack-series.ts";
import { latest } from "./traffic-columns.ts";

export interface ChartMarker {
  /** Epoch seconds. */
  readonly at: number;
  readonly label: string;
}

export interface LineChartProps {
  /** What it shows; stands above it and names it for screen readers. */
  readonly title: string;
  /** Epoch seconds. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Edges of the time axis, epoch seconds, whether there are points or not. */
  readonly from: number;
  readonly to: number;
  readonly format: (value: number) => string;
  /** `share`: the axis ends at 100% and zooms to the losses. Default `zero`: it begins at 0. `bytes`: so too, marked at powers of two. */
  readonly axis?: "zero" | "share" | "bytes";
  readonly stacked?: boolean;
  /** Pixels, default 160. */
  readonly height?: number;
  /** Charts with the same key share their cross-hair. */
  readonly syncKey?: string;
  readonly markers?: readonly ChartMarker[];
  /** A range was drawn with the mouse; epoch seconds. */
  readonly onSelect?: (from: number, to: number) => void;
  /** Text for "no data in this range". */
  readonly emptyText: string;
}

/** A time series. The drawing library loads on first use; the legend shows the values under the cross-hair, else the newest. */
export function LineChart(props: LineChartProps) {
  const { title, times, series, height = 160, format, emptyText } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(undefined);
  const current = useRef(props);
  current.current = props;
  const [cursor, setCursor] = useState<number>();
  const titleId = useId();
  const dates = useFormatter();
  const timeZone = useTimeZone() ?? "UTC";
  const shape = JSON.stringify([
    series.map(({ id, tone, dash }) => [id, tone, dash]),
    props.stacked,
    props.axis,
    props.syncKey,
    height,
    timeZone,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for what the options are made of
  useEffect(() => {
    const host = box.current;
    if (host === null) return;
    let gone = false;
    let resize: ResizeObserver | undefined;
    let theme: MutationObserver | undefined;
    void import("uplot").then(({ default: Plot }) => {
      if (gone) return;
      const made = new Plot(
        chartOptions(() => current.current, {
          width: host.clientWidth,
          height,
          timeZone,
          zoned: (at) => Plot.tzDate(at, timeZone),
          onCursor: setCursor,
        }),
        dataOf(current.current),
        host,
      );
      chart.current = made;
      resize = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height }));
      resize.observe(host);
      theme = new MutationObserver(() => made.redraw(false));
      theme.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    });
    return () => {
      gone = true;
      resize?.disconnect();
      theme?.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn anew is read through `current`
  useEffect(() => {
    chart.current?.setData(dataOf(current.current), true);
  }, [times, series, props.from, props.to, props.markers]);

  /** The cross-hair by keyboard; charts in step follow as they do the mouse. */
  function onKeyDown(event: KeyboardEvent): void {
    const plot = chart.current;
    const to = cursorAfterKey(event.key, cursor, times.length);
    if (plot === undefined || to === undefined) return;
    event.preventDefault();
    const at = to === "none" ? undefined : times[to];
    setSharedCursor(plot, at === undefined ? -10 : plot.valToPos(at, "x"));
  }

  const shownAt = cursor === undefined ? undefined : times[cursor];
  const shownTime =
    shownAt === undefined
      ? undefined
      : dates.dateTime(new Date(shownAt * 1000), { dateStyle: "medium", timeStyle: "long" });
  const shown = series.map((one) => {
    const value = cursor === undefined ? latest(one.values) : (one.values[cursor] ?? undefined);
    return { one, text: value === undefined ? "–" : format(value) };
  });
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  return (
    <figure aria-labelledby={titleId} className="flex min-w-0 flex-col">
      <figcaption className="flex min-h-6 flex-wrap items-baseline justify-between gap-x-4 px-1">
        <span id={titleId} className="text-sm font-medium">
          {title}
        </span>
        <span className="tabular text-xs text-faint" aria-hidden="true">
          {shownTime}
        </span>
      </figcaption>
      <ul className="flex flex-wrap gap-x-4 gap-y-0.5 px-1 pb-1 text-xs text-muted">
        {shown.map(({ one, text }) => (
          <li key={one.id} className="inline-flex items-center gap-1.5">
            <SeriesSwatch series={one} />
            {one.label}
            <span className="tabular font-medium text-ink">{text}</span>
          </li>
        ))}
      </ul>
      <div
        role="slider"
        aria-labelledby={titleId}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, times.length - 1)}
        aria-valuenow={cursor ?? Math.max(0, times.length - 1)}
        aria-valuetext={[shownTime, ...shown.map(({ one, text }) => `${one.label} ${text}`)]
          .filter(Boolean)
          .join(", ")}
        tabIndex={isEmpty ? -1 : 0}
        onKeyDown={onKeyDown}
        className="relative rounded-sm"
        style={{ height }}
      >
        <div ref={box} aria-hidden="true" className="absolute inset-0" />
        {isEmpty && (
          <p className="pointer-events-none absolute inset-0 flex items-center justify-center text-xs text-faint">
            {emptyText}
          </p>
        )}
      </div>
    </figure>
  );
}

/** The cross-hair at so many pixels from the left, here and in charts in step: uPlot's types leave out the argument that says so. */
function setSharedCursor(plot: UPlot, left: number): void {
  const set: (at: { left: number; top: number }, tell: boolean, share: boolean) => void = plot.setCursor;
  set({ left, top: left < 0 ? left : 0 }, true, true);
}

function dataOf({ times, series, stacked }: LineChartProps): UPlot.AlignedData {
  const values = series.map((one) => one.values as (number | null)[]);
  return [times as number[], ...(stacked ? stackSeries(values) : values)];
}
