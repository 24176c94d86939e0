"use client";

import { useMemo } from "react";
import { useLocale, useTranslations } from "use-intl";
import { useQuantity } from "../ui/quantity.tsx";
import { formatShare } from "./format-figures.ts";
import { type ChartMarker, LineChart } from "./line-chart.tsx";
import type { ChartSeries } from "./series-style.ts";
import type { TrafficColumns } from "./traffic-columns.ts";

export interface TrafficChartProps {
  readonly columns: TrafficColumns | undefined;
  readonly from: number;
  readonly to: number;
  readonly syncKey: string;
  readonly height?: number;
  readonly markers?: readonly ChartMarker[];
  readonly onSelect?: (from: number, to: number) => void;
}

const NONE: readonly number[] = [];

function shared(props: TrafficChartProps) {
  const { from, to, syncKey, height, markers, onSelect, columns } = props;
  return {
    times: columns?.times ?? NONE,
    from,
    to,
    syncKey,
    ...(height === undefined ? {} : { height }),
    ...(markers === undefined ? {} : { markers }),
    ...(onSelect === undefined ? {} : { onSelect }),
  };
}

/** Requests per second by class of response; failures had no response from upstream. */
export function ClassChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const quantity = useQuantity();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [
      { id: "5xx", label: "5xx", tone: "bad", values: columns?.rate5xx ?? NONE, dash: [2, 2] },
      { id: "4xx", label: "4xx", tone: "warn", values: columns?.rate4xx ?? NONE, dash: [6, 2] },
      { id: "3xx", label: "3xx", tone: "info", values: columns?.rate3xx ?? NONE, dash: [8, 4] },
      { id: "2xx", label: "2xx", tone: "ok", values: columns?.rate2xx ?? NONE },
    ],
    [columns],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.rate")}
      series={series}
      stacked
      format={(value) => quantity(value, "perSecond")}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}

export function SuccessChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const locale = useLocale();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [{ id: "success", label: t("series.success"), tone: "ok", values: columns?.success ?? NONE }],
    [columns, t],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.success")}
      series={series}
      axis="share"
      format={(value) => formatShare(value, locale)}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}

export function LatencyChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const quantity = useQuantity();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [
      { id: "p99", label: "p99", tone: "bad", values: columns?.p99 ?? NONE, dash: [2, 2] },
      { id: "p95", label: "p95", tone: "warn", values: columns?.p95 ?? NONE, dash: [6, 3] },
      { id: "p50", label: "p50", tone: "accent", values: columns?.p50 ?? NONE },
    ],
    [columns],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.latency")}
      series={series}
      format={(value) => quantity(value, "milliseconds")}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}

export function ConnectionChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const quantity = useQuantity();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [{ id: "open", label: t("series.open"), tone: "accent", values: columns?.connections ?? NONE }],
    [columns, t],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.connections")}
      series={series}
      format={(value) => quantity(Math.round(value * 10) / 10, "count")}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}

export function BytesChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const quantity = useQuantity();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [
      { id: "sent", label: t("series.sent"), tone: "accent", values: columns?.bytesSent ?? NONE },
      {
        id: "received",
        label: t("series.received"),
        tone: "info",
        values: columns?.bytesReceived ?? NONE,
        dash: [6, 3],
      },
    ],
    [columns, t],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.bytes")}
      series={series}
      axis="bytes"
      format={(value) => quantity(value, "bytesPerSecond")}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}

export function FailureChart(props: TrafficChartProps) {
  const t = useTranslations("traffic");
  const quantity = useQuantity();
  const { columns } = props;
  const series = useMemo<readonly ChartSeries[]>(
    () => [{ id: "failures", label: t("series.failures"), tone: "bad", values: columns?.failures ?? NONE }],
    [columns, t],
  );
  return (
    <LineChart
      {...shared(props)}
      title={t("charts.failures")}
      series={series}
      format={(value) => quantity(value, "perSecond")}
      emptyText={t(columns === undefined ? "waiting" : "noData")}
    />
  );
}
