"use client";

import type { ListedRollout } from "@sluice/config/contract";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { OneLine } from "../ui/one-line.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { PhaseBadge } from "./phase-badge.tsx";
import { useReasonWords } from "./reason-words.ts";
import { useStepWords } from "./step-words.ts";

const PAGE = 50;

/** Every rollout, newest first: which version went to which group, how far it came and why it ended. */
export function RolloutsPage() {
  const t = useTranslations("rollout");
  const trpc = useTRPC();
  const [limit, setLimit] = useState(PAGE);
  const list = useQuery({
    ...trpc.version.rollouts.queryOptions({ limit }),
    placeholderData: keepPreviousData,
  });
  const publish = <LinkButton href="/publish">{t("toPublish")}</LinkButton>;
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} actions={publish} />
      <QueryProblem query={list} padded />
      {list.isPending && <SkeletonRows />}
      {list.data?.length === 0 && (
        <EmptyState icon="rollouts" title={t("none")} action={publish}>
          {t("noneHint")}
        </EmptyState>
      )}
      {list.data !== undefined && list.data.length > 0 && <RolloutTable rows={list.data} />}
      {list.data?.length === limit && limit < 500 && (
        <div className="p-4 text-center">
          <Button onClick={() => setLimit(Math.min(500, limit + PAGE))}>{t("older")}</Button>
        </div>
      )}
    </>
  );
}

function RolloutTable({ rows }: { readonly rows: readonly ListedRollout[] }) {
  const t = useTranslations("rollout");
  const stepWords = useStepWords();
  const words = useReasonWords();
  const hrefOf = (row: ListedRollout): string => `/rollouts/${row.id}`;
  const columns: readonly Column<ListedRollout>[] = [
    {
      id: "rollout",
      header: t("columns.rollout"),
      cell: (row) => (
        <Link href={hrefOf(row)} className="font-semibold tabular hover:underline">
          {row.id}
        </Link>
      ),
    },
    { id: "phase", header: t("columns.state"), cell: (row) => <PhaseBadge phase={row.phase} /> },
    {
      id: "version",
      header: t("columns.version"),
      cell: (row) => (
        <span className="tabular whitespace-nowrap">
          {t("fromTo", { from: row.previous ?? "–", to: row.version })}
        </span>
      ),
    },
    { id: "group", header: t("columns.group"), cell: (row) => row.group },
    {
      id: "step",
      header: t("columns.step"),
      secondary: true,
      cell: (row) => (
        <span className="whitespace-nowrap">
          {row.step + 1}/{row.strategy.steps.length} · {stepWords(row.strategy, row.step)}
        </span>
      ),
    },
    {
      id: "reason",
      header: t("columns.reason"),
      secondary: true,
      className: "max-w-96",
      cell: (row) => <OneLine text={words(row.words, row.reason)} />,
    },
    { id: "author", header: t("columns.author"), secondary: true, cell: (row) => row.author },
    {
      id: "at",
      header: t("columns.started"),
      align: "right",
      secondary: true,
      className: "text-muted",
      cell: (row) => <RelativeTime at={row.createdAt} />,
    },
  ];
  return (
    <div className="border-t border-line">
      <Table
        label={t("title")}
        columns={columns}
        rows={rows}
        rowKey={(row) => String(row.id)}
        rowHref={hrefOf}
      />
    </div>
  );
}
