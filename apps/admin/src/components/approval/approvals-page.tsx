"use client";

import type { ApprovalRequest } from "@sluice/config/contract";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { useUrlState } from "../chart/use-url-state.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { OneLine } from "../ui/one-line.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { ApprovalState, useAskedWords } from "./approval-state.tsx";

const PAGE = 50;
const LIMIT_MAX = 500;

/** What waits for a second person, or all that ever did, newest first. */
export function ApprovalsPage() {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const [read, write] = useUrlState();
  const open = read("view") !== "all";
  const [limit, setLimit] = useState(PAGE);
  const list = useQuery({
    ...trpc.approval.list.queryOptions({ open, limit }),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      <div className="px-6 pb-3 max-sm:px-4">
        <Segments
          label={t("view")}
          value={open ? "waiting" : "all"}
          segments={(["waiting", "all"] as const).map((id) => ({ id, label: t(id) }))}
          onChange={(id) => write({ view: id === "waiting" ? "" : id })}
        />
      </div>
      <QueryProblem query={list} padded />
      {list.isPending && <SkeletonRows />}
      {list.data?.length === 0 && (
        <EmptyState
          icon="approvals"
          title={t(open ? "nothingWaits" : "nothing")}
          action={<LinkButton href="/nodes">{t("toGroups")}</LinkButton>}
        >
          {t("nothingHint")}
        </EmptyState>
      )}
      {list.data !== undefined && list.data.length > 0 && <ApprovalTable rows={list.data} />}
      {list.data?.length === limit && limit < LIMIT_MAX && (
        <div className="p-4 text-center">
          <Button onClick={() => setLimit(Math.min(LIMIT_MAX, limit + PAGE))}>{t("older")}</Button>
        </div>
      )}
    </>
  );
}

function ApprovalTable({ rows }: { readonly rows: readonly ApprovalRequest[] }) {
  const t = useTranslations("approvals");
  const asked = useAskedWords();
  const hrefOf = (row: ApprovalRequest): string => `/approvals/${row.id}`;
  const columns: readonly Column<ApprovalRequest>[] = [
    {
      id: "request",
      header: t("columns.request"),
      cell: (row) => (
        <Link href={hrefOf(row)} className="font-semibold hover:underline">
          {asked(row)}
        </Link>
      ),
    },
    { id: "state", header: t("columns.state"), cell: (row) => <ApprovalState request={row} /> },
    {
      id: "message",
      header: t("columns.message"),
      secondary: true,
      className: "max-w-96",
      cell: (row) => <OneLine text={row.message} />,
    },
    { id: "by", header: t("columns.by"), cell: (row) => row.requestedBy },
    {
      id: "at",
      header: t("columns.at"),
      align: "right",
      secondary: true,
      className: "text-muted",
      cell: (row) => <RelativeTime at={row.requestedAt} />,
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
