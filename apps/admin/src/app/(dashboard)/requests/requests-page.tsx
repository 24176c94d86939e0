"use client";

import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { Freshness } from "../../../components/chart/freshness.tsx";
import { useUrlState } from "../../../components/chart/use-url-state.ts";
import { FilterHelp } from "../../../components/request/filter-help.tsx";
import { FilterInput } from "../../../components/request/filter-input.tsx";
import {
  parseRequestFilter,
  type RequestField,
  withTerm,
} from "../../../components/request/parse-request-filter.ts";
import { RequestDrawer } from "../../../components/request/request-drawer.tsx";
import { RequestFacets } from "../../../components/request/request-facets.tsx";
import { RequestTable } from "../../../components/request/request-table.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { EmptyState } from "../../../components/ui/empty-state.tsx";
import { PageHeader } from "../../../components/ui/page-header.tsx";
import { Segments } from "../../../components/ui/segments.tsx";
import { SkeletonRows } from "../../../components/ui/skeleton.tsx";
import { useLiveRows, useStoredRows } from "./use-request-rows.ts";

/** Show me this one. */
export function RequestsPage() {
  const t = useTranslations("requests");
  const [read, write] = useUrlState();
  const text = read("q") ?? "";
  const parsed = useMemo(() => parseRequestFilter(text), [text]);
  const [understood, setUnderstood] = useState({});
  // While a term is being typed the list stays that of the last filter that was understood.
  const filter = parsed.ok ? parsed.filter : understood;
  if (parsed.ok && parsed.filter !== understood) setUnderstood(parsed.filter);
  const stored = read("source") === "stored";
  const [paused, setPaused] = useState(false);
  const live = useLiveRows(filter, paused, !stored);
  const search = useStoredRows(filter, stored);
  const rows = stored ? search.rows : live.rows;
  const waiting = rows.length === 0 && (stored ? search.query.isPending : live.receivedAt === undefined);
  const opened = read("id");
  const refine = (field: RequestField, value: string): void => write({ q: withTerm(text, field, value) });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title={t("title")}
        actions={!stored && !paused && <Freshness receivedAt={live.receivedAt} reportAgeMs={0} />}
      />
      <div className="flex flex-wrap items-start gap-2 px-6 pb-3 max-sm:px-4">
        <Segments
          label={t("mode.label")}
          value={stored ? "stored" : "live"}
          segments={(["live", "stored"] as const).map((id) => ({ id, label: t(`mode.${id}`) }))}
          onChange={(id) => write({ source: id === "stored" ? id : undefined })}
        />
        <FilterInput value={text} parsed={parsed} onChange={(q) => write({ q })} />
        <FilterHelp onTry={(q) => write({ q })} />
        {!stored && (
          <Button
            icon={paused ? "play" : "pause"}
            aria-pressed={paused}
            onClick={() => {
              if (paused) live.resume();
              setPaused(!paused);
            }}
          >
            {paused ? t("resume") : t("pause")}
          </Button>
        )}
      </div>
      <RequestFacets rows={rows} onRefine={refine} />
      <p role="status" className="tabular min-h-6 px-6 py-1 text-xs text-muted max-sm:px-4">
        {waiting
          ? ""
          : paused && !stored
            ? t("paused", { count: live.waiting })
            : t("count", { count: rows.length })}
      </p>
      {waiting ? (
        <SkeletonRows rows={8} />
      ) : rows.length === 0 ? (
        <EmptyState icon="requests" title={t("none.title")}>
          {stored ? t("none.stored") : t("none.live")}
        </EmptyState>
      ) : (
        <RequestTable rows={rows} opened={opened} onOpen={(id) => write({ id })} />
      )}
      {stored && search.query.hasNextPage && (
        <div className="border-t border-line p-2 text-center">
          <Button busy={search.query.isFetchingNextPage} onClick={() => void search.query.fetchNextPage()}>
            {t("loadMore")}
          </Button>
        </div>
      )}
      {opened !== undefined && (
        <RequestDrawer
          id={opened}
          known={rows.find((row) => row.id === opened)}
          onClose={() => write({ id: undefined })}
        />
      )}
    </div>
  );
}
