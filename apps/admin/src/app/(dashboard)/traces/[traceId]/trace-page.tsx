"use client";

import { spanTitle } from "@sluice/telemetry/measures";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../../../client/trpc.tsx";
import { layoutWaterfall } from "../../../../components/trace/layout-waterfall.ts";
import { SpanDetail } from "../../../../components/trace/span-detail.tsx";
import { WaterfallView } from "../../../../components/trace/waterfall-view.tsx";
import { Badge } from "../../../../components/ui/badge.tsx";
import { LinkButton } from "../../../../components/ui/button.tsx";
import { CopyButton } from "../../../../components/ui/copy-button.tsx";
import { EmptyState } from "../../../../components/ui/empty-state.tsx";
import { PageHeader } from "../../../../components/ui/page-header.tsx";
import { useQuantity } from "../../../../components/ui/quantity.tsx";
import { SkeletonRows } from "../../../../components/ui/skeleton.tsx";

/** Spans of a young trace still arrive: it is asked for again while somebody looks. */
const ASKED_AGAIN_MS = 2_000;

export function TracePage({ traceId }: { readonly traceId: string }) {
  const t = useTranslations("traces");
  const trpc = useTRPC();
  const quantity = useQuantity();
  const query = useQuery(
    trpc.telemetry.trace.queryOptions({ traceId }, { retry: false, refetchInterval: ASKED_AGAIN_MS }),
  );
  const waterfall = useMemo(() => layoutWaterfall(query.data ?? []), [query.data]);
  const [selected, setSelected] = useState<string>();
  const row = waterfall.rows.find(({ span }) => span.spanId === selected) ?? waterfall.rows[0];
  const first = waterfall.rows[0]?.span;
  const errors = waterfall.rows.filter(({ span }) => span.error).length;
  return (
    <div className="flex min-h-0 flex-1 flex-col max-lg:min-h-fit">
      <PageHeader
        title={first === undefined ? traceId : spanTitle(first)}
        back={{ href: "/traces", label: t("detail.back") }}
        marks={errors > 0 ? <Badge tone="bad">{t("errorCount", { count: errors })}</Badge> : undefined}
        description={
          waterfall.rows.length > 0 && (
            <span className="tabular">
              {quantity(waterfall.durationMs, "milliseconds")} ·{" "}
              {t("spanCount", { count: waterfall.rows.length })} ·{" "}
              {t("detail.services", { count: waterfall.services.length })} ·{" "}
              <span className="font-mono text-xs">{traceId}</span>
            </span>
          )
        }
        actions={
          <>
            <CopyButton text={traceId} label={t("detail.copyId")} />
            <LinkButton href={`/requests?source=stored&q=trace%3A${traceId}`} icon="requests">
              {t("detail.requests")}
            </LinkButton>
          </>
        }
      />
      {query.isPending && <SkeletonRows rows={6} />}
      {!query.isPending && row === undefined && (
        <EmptyState icon="traces" title={t("none.title")}>
          {t("detail.missing")}
        </EmptyState>
      )}
      {row !== undefined && (
        <div className="flex min-h-0 flex-1 border-t border-line max-lg:flex-col">
          <WaterfallView waterfall={waterfall} selected={row.span.spanId} onSelect={setSelected} />
          <SpanDetail row={row} traceStartNs={waterfall.startNs} />
        </div>
      )}
    </div>
  );
}
