"use client";

import type { ComparedFigures } from "@sluice/config/contract";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { RolloutStatus } from "../resource/config-types.ts";
import { StatusDot } from "../ui/badge.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useReasonWords } from "./reason-words.ts";

const REFRESH_MS = 1_000;
const TONES = { fine: "ok", worse: "bad", inconclusive: "neutral" } as const;

interface Side {
  readonly id: "newer" | "older";
  readonly nodes: number | undefined;
  readonly figures: ComparedFigures;
}

/** The new nodes' requests against the old ones', as the rollout itself would judge them now. */
export function RolloutTraffic({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const quantity = useQuantity();
  const words = useReasonWords();
  const { data } = useQuery({
    ...trpc.rollout.traffic.queryOptions({ rollout: status.rollout.id }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  if (data === undefined) return null;
  const { comparison } = data;
  const before = comparison.baseline === "before";
  const sides: readonly Side[] = [
    { id: "newer", nodes: data.newer, figures: comparison.newer },
    { id: "older", nodes: before ? data.newer : data.older, figures: comparison.older },
  ];
  const columns: readonly Column<Side>[] = [
    {
      id: "side",
      header: t("traffic.side"),
      cell: ({ id }) => (
        <span className="font-medium">
          {t(id === "newer" ? "traffic.newer" : before ? "traffic.before" : "traffic.older")}
        </span>
      ),
    },
    {
      id: "nodes",
      header: t("traffic.nodes"),
      align: "right",
      cell: ({ nodes }) => quantity(nodes, "count"),
    },
    {
      id: "requests",
      header: t("traffic.requests"),
      align: "right",
      cell: ({ figures }) => quantity(figures.requests, "count"),
    },
    {
      id: "errors",
      header: t("traffic.errors"),
      align: "right",
      cell: ({ figures }) => quantity(figures.errorRate, "ratio"),
    },
    {
      id: "latency",
      header: t("traffic.latency"),
      align: "right",
      cell: ({ figures }) => quantity(figures.p95Ms, "milliseconds"),
    },
  ];
  return (
    <section aria-label={t("traffic.title")}>
      <div className="flex flex-wrap items-baseline gap-x-3 px-6 pb-1 max-sm:px-4">
        <h2 className="text-sm font-semibold">{t("traffic.title")}</h2>
        <StatusDot tone={TONES[comparison.verdict]}>
          <span className="text-xs">{t(`traffic.${comparison.verdict}`)}</span>
        </StatusDot>
      </div>
      <Table label={t("traffic.title")} columns={columns} rows={sides} rowKey={({ id }) => id} />
      <p className="px-6 pt-1 text-xs text-muted max-sm:px-4">{words(comparison.words, comparison.reason)}</p>
    </section>
  );
}
