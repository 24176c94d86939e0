"use client";

import type { TraceFilter, TraceSummary } from "@sluice/telemetry";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import Link from "next/link";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../client/trpc.tsx";
import { Freshness } from "../../../components/chart/freshness.tsx";
import { useUrlState } from "../../../components/chart/use-url-state.ts";
import { StatusDot } from "../../../components/ui/badge.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { EmptyState } from "../../../components/ui/empty-state.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { SearchInput, Select } from "../../../components/ui/input.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { useQuantity } from "../../../components/ui/quantity.tsx";
import { RelativeTime } from "../../../components/ui/relative-time.tsx";
import { SkeletonRows } from "../../../components/ui/skeleton.tsx";
import { type Column, Table } from "../../../components/ui/table.tsx";

const DURATIONS = [1, 10, 50, 100, 500, 1_000, 5_000] as const;

/** Why was it slow? */
export function TracesPage() {
  const t = useTranslations("traces");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [read, write] = useUrlState();
  const [receivedAt, setReceivedAt] = useState<number>();
  const filter = useFilter(read);
  const options = trpc.telemetry.searchTraces.infiniteQueryOptions(
    { filter, limit: 100 },
    { getNextPageParam: (page) => page.next },
  );
  const query = useInfiniteQuery(options);
  useSubscription(
    trpc.telemetry.traceTail.subscriptionOptions(
      { filter },
      {
        onData: ({ data }) => {
          setReceivedAt(performance.now());
          if (data.traces.length > 0) void queries.invalidateQueries({ queryKey: options.queryKey });
        },
      },
    ),
  );
  const isFiltered = Object.keys(filter).length > 0;
  const traces = query.data?.pages.flatMap((page) => page.traces) ?? [];
  return (
    <>
      <PageHeader title={t("title")} actions={<Freshness receivedAt={receivedAt} reportAgeMs={0} />} />
      <div className="flex flex-wrap items-center gap-3 px-6 pb-3 max-sm:px-4">
        <span className="min-w-56 flex-1">
          <SearchInput
            label={t("searchLabel")}
            placeholder={t("search")}
            value={read("q") ?? ""}
            onChange={(event) => write({ q: event.target.value })}
          />
        </span>
        <DurationSelect value={read("min") ?? ""} onChange={(min) => write({ min })} />
        <label className="inline-flex min-h-8 items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={read("errors") === "1"}
            onChange={(event) => write({ errors: event.target.checked ? "1" : undefined })}
          />
          {t("errorsOnly")}
        </label>
      </div>
      {query.isPending && <SkeletonRows rows={8} />}
      {query.isSuccess && traces.length === 0 && (
        <EmptyState icon="traces" title={t(isFiltered ? "none.title" : "none.titleAll")}>
          {t.rich("none.text", {
            code: (words) => (
              <code className="rounded-sm bg-sunken px-1 font-mono text-xs whitespace-nowrap">{words}</code>
            ),
          })}
        </EmptyState>
      )}
      {traces.length > 0 && <TraceTable traces={traces} />}
      {query.hasNextPage && (
        <div className="p-3 text-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("loadMore")}
          </Button>
        </div>
      )}
    </>
  );
}

function useFilter(read: (key: string) => string | undefined): TraceFilter {
  const text = read("q");
  const min = Number(read("min"));
  const errorsOnly = read("errors") === "1";
  return useMemo(
    () => ({
      ...(text === undefined ? {} : { text }),
      ...(min > 0 ? { minDurationMs: min } : {}),
      ...(errorsOnly ? { errorsOnly } : {}),
    }),
    [text, min, errorsOnly],
  );
}

function DurationSelect({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const t = useTranslations("traces");
  const quantity = useQuantity();
  return (
    <Field label={t("minDuration")} labelHidden>
      <Select className="w-36" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t("anyDuration")}</option>
        {DURATIONS.map((ms) => (
          <option key={ms} value={ms}>
            ≥ {quantity(ms, "milliseconds")}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function TraceTable({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const t = useTranslations("traces");
  const quantity = useQuantity();
  const longest = Math.max(...traces.map((trace) => trace.durationMs), 0.001);
  const hrefOf = (trace: TraceSummary): string => `/traces/${trace.traceId}`;
  const columns: readonly Column<TraceSummary>[] = [
    {
      id: "name",
      header: t("columns.name"),
      cell: (trace) => (
        <span className="flex min-w-0 flex-col">
          <Link href={hrefOf(trace)} className="font-medium wrap-anywhere hover:underline">
            {trace.rootName || trace.traceId.slice(0, 16)}
          </Link>
          <span className="font-mono text-xs text-faint">{trace.traceId.slice(0, 16)}</span>
        </span>
      ),
    },
    { id: "service", header: t("columns.service"), secondary: true, cell: (trace) => trace.service || "–" },
    {
      id: "duration",
      header: t("columns.duration"),
      cell: (trace) => (
        <span className="flex items-center gap-2">
          <span className="tabular w-16 text-right">{quantity(trace.durationMs, "milliseconds")}</span>
          <span aria-hidden="true" className="h-1.5 w-24 rounded-full bg-hover max-md:hidden">
            <span
              className="block h-full rounded-full bg-accent"
              style={{ width: `${Math.max(2, (trace.durationMs / longest) * 100)}%` }}
            />
          </span>
        </span>
      ),
    },
    {
      id: "spans",
      header: t("columns.spans"),
      align: "right",
      secondary: true,
      cell: (trace) => quantity(trace.spanCount, "count"),
    },
    {
      id: "errors",
      header: t("columns.errors"),
      align: "right",
      cell: ({ errorCount }) => (errorCount === 0 ? "–" : <StatusDot tone="bad">{errorCount}</StatusDot>),
    },
    {
      id: "start",
      header: t("columns.start"),
      align: "right",
      cell: (trace) => <RelativeTime at={trace.startAt} />,
    },
  ];
  return (
    <div className="shrink-0">
      <Table
        label={t("title")}
        columns={columns}
        rows={traces}
        rowKey={(trace) => trace.traceId}
        rowHref={hrefOf}
      />
    </div>
  );
}
