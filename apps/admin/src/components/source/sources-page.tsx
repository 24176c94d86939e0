"use client";

import type { SourceState } from "@sluice/config";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { AddSourceDialog } from "./add-source-dialog.tsx";
import { SourcePhase } from "./source-state.tsx";

/** Directories and Git repositories that resources come from. */
export function SourcesPage() {
  const t = useTranslations("source");
  const trpc = useTRPC();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  useOpenFromAddress(() => setAdding(true));
  const list = useQuery(trpc.source.list.queryOptions());
  const add = may("settings.manage") && (
    <Button tone="primary" icon="plus" onClick={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  const columns: readonly Column<SourceState>[] = [
    {
      id: "name",
      header: t("columns.name"),
      cell: ({ name, location }) => (
        <span className="flex min-w-0 flex-col">
          <Link href={`/sources/${name}`} className="font-medium hover:underline">
            {name}
          </Link>
          <span className="min-w-32 text-xs wrap-anywhere whitespace-normal text-muted">{location}</span>
        </span>
      ),
    },
    { id: "state", header: t("columns.state"), cell: (source) => <SourcePhase source={source} /> },
    {
      id: "commit",
      header: t("columns.commit"),
      cell: ({ commit, commitSubject }) =>
        commit && (
          <span className="flex flex-col">
            <code className="font-mono text-xs">{commit.slice(0, 10)}</code>
            <span className="text-xs whitespace-normal text-muted">{commitSubject}</span>
          </span>
        ),
    },
    { id: "winner", header: t("columns.winner"), cell: ({ winner }) => t(`winners.${winner}`) },
    {
      id: "apply",
      header: t("columns.apply"),
      secondary: true,
      cell: ({ apply }) => t(`applies.${apply}`),
    },
    {
      id: "resources",
      header: t("columns.resources"),
      align: "right",
      secondary: true,
      cell: ({ resources }) => resources,
    },
    {
      id: "checked",
      header: t("columns.checked"),
      align: "right",
      cell: ({ checkedAt }) => checkedAt && <RelativeTime at={checkedAt} />,
    },
  ];
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} actions={add} />
      <QueryProblem query={list} padded />
      {list.isPending && <SkeletonRows />}
      {list.data?.length === 0 && (
        <EmptyState icon="sources" title={t("emptyTitle")} action={add}>
          {t("emptyHint")}
        </EmptyState>
      )}
      {list.data && list.data.length > 0 && (
        <Table
          label={t("title")}
          columns={columns}
          rows={list.data}
          rowKey={({ name }) => name}
          rowHref={({ name }) => `/sources/${name}`}
        />
      )}
      <AddSourceDialog open={adding} onOpenChange={setAdding} />
    </>
  );
}
