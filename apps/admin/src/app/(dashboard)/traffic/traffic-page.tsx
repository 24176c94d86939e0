"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import { Freshness } from "../../../components/chart/freshness.tsx";
import { formatRange, parseRange } from "../../../components/chart/time-range.ts";
import {
  BytesChart,
  ClassChart,
  ConnectionChart,
  FailureChart,
  LatencyChart,
  SuccessChart,
} from "../../../components/chart/traffic-charts.tsx";
import { type TrafficTarget, useLiveTraffic } from "../../../components/chart/use-traffic.ts";
import { useUrlState } from "../../../components/chart/use-url-state.ts";
import { useVersionMarkers } from "../../../components/chart/use-version-markers.ts";
import { Badge } from "../../../components/ui/badge.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { RangePicker } from "./range-picker.tsx";
import { isScopeKind, TargetPicker } from "./target-picker.tsx";

/** What happened when? */
export function TrafficPage() {
  const t = useTranslations("traffic");
  const [read, write] = useUrlState();
  const rangeText = read("range");
  const range = useMemo(() => parseRange(rangeText), [rangeText]);
  const kind = read("kind");
  const name = read("name");
  const node = read("node");
  const target = useMemo<TrafficTarget>(
    () => ({ scope: isScopeKind(kind) && name !== undefined ? { kind, name } : undefined, node }),
    [kind, name, node],
  );
  const shown = useTraffic(target, range);
  const markers = useVersionMarkers();
  // Only upstreams are counted by whether they answered.
  const countsFailures = target.scope?.kind === "cluster" || target.scope?.kind === "endpoint";
  const charts = {
    columns: shown.columns,
    from: shown.from,
    to: shown.to,
    syncKey: "traffic",
    markers,
    onSelect: (from: number, to: number) => write({ range: formatRange(from, to) }),
  };
  return (
    <>
      <PageHeader
        title={t("title")}
        marks={range.live ? undefined : <Badge tone="info">{t("range.paused")}</Badge>}
        actions={
          range.live ? (
            <Freshness receivedAt={shown.receivedAt} reportAgeMs={shown.reportAgeMs} />
          ) : (
            <Button icon="play" size="sm" onClick={() => write({ range: undefined })}>
              {t("range.backToLive")}
            </Button>
          )
        }
      />
      <div className="sticky top-0 z-10 flex flex-wrap items-center justify-between gap-3 border-b border-line bg-surface px-6 pb-3 max-sm:px-4">
        <TargetPicker
          kind={kind}
          target={target}
          seconds={range.live ? range.seconds : 86_400}
          onChange={write}
        />
        <RangePicker range={range} onChange={(next) => write({ range: next })} />
      </div>
      <section
        aria-label={t("charts.heading")}
        className="grid gap-x-6 gap-y-8 px-6 py-4 pb-10 max-sm:px-4 xl:grid-cols-2"
      >
        <ClassChart {...charts} />
        <LatencyChart {...charts} />
        <SuccessChart {...charts} />
        {countsFailures && <FailureChart {...charts} />}
        <ConnectionChart {...charts} />
        <BytesChart {...charts} />
        <p className="text-xs text-faint">{t("range.zoomHint")}</p>
      </section>
    </>
  );
}

function useTraffic(target: TrafficTarget, range: ReturnType<typeof parseRange>) {
  const trpc = useTRPC();
  const live = useLiveTraffic(target, range.live ? range.seconds : 60, range.live);
  const from = range.live ? new Date(0) : range.from;
  const to = range.live ? new Date(1) : range.to;
  const past = useQuery(
    trpc.telemetry.trafficRange.queryOptions(
      { scope: target.scope, node: target.node, from, to },
      { enabled: !range.live, staleTime: 60_000 },
    ),
  );
  if (range.live) return live;
  return {
    columns: past.data?.columns,
    from: from.getTime() / 1000,
    to: to.getTime() / 1000,
    receivedAt: undefined,
    reportAgeMs: undefined,
  };
}
