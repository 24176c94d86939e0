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
import { useLiveRows, useStoredRows } from "./use-request-rows.ts";

const SEGMENT =
  "h-8 border-y border-r border-line-strong px-3 text-xs font-medium first:rounded-l-md first:border-l last:rounded-r-md";

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
  const opened = read("id");
  const refine = (field: RequestField, value: string): void => write({ q: withTerm(text, field, value) });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title={t("title")}
        actions={!stored && !paused && <Freshness receivedAt={live.receivedAt} reportAgeMs={0} />}
      />
      <div className="flex flex-wrap items-start gap-2 px-6 pb-3 max-sm:px-4">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot lay its children out in a row everywhere */}
        <div role="group" aria-label={t("mode.label")} className="inline-flex">
          {(["live", "stored"] as const).map((mode) => {
            const on = (mode === "stored") === stored;
            return (
              <button
                key={mode}
                type="button"
                aria-pressed={on}
                onClick={() => write({ source: mode === "stored" ? mode : undefined })}
                className={`${SEGMENT} ${on ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover"}`}
              >
                {t(`mode.${mode}`)}
              </button>
            );
          })}
        </div>
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
      <p role="status" className="tabular px-6 py-1 text-xs text-muted max-sm:px-4">
        {paused && !stored ? t("paused", { count: live.waiting }) : t("count", { count: rows.length })}
      </p>
      {rows.length === 0 ? (
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
