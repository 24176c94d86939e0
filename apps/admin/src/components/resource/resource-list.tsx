"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useDeferredValue, useState } from "react";
import { useTranslations } from "use-intl";
import { editNeed, useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useFigures } from "../../client/use-figures.ts";
import { Badge, StatusDot } from "../ui/badge.tsx";
import { IconButton, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { SearchInput } from "../ui/input.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Quantity } from "../ui/quantity.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { addFigures } from "./add-figures.ts";
import type { DraftResource, ResourceKind } from "./config-types.ts";
import { resourceHref } from "./resource-href.ts";
import { scopesOf, summarizeResource } from "./summarize-resource.ts";
import { useRemoveResource } from "./use-remove-resource.ts";

export const SCOPE_KINDS = {
  listeners: "listener",
  routes: "host",
  clusters: "cluster",
  endpoints: undefined,
  secrets: undefined,
} as const;

/** Every resource of a kind in the draft, with its traffic now. */
export function ResourceList({ kind }: { readonly kind: ResourceKind }) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const may = useMay();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search);
  const list = useQuery({
    ...trpc.draft.list.queryOptions({ kind, limit: 1000, ...(wanted ? { search: wanted } : {}) }),
    placeholderData: keepPreviousData,
  });
  const figures = useFigures(SCOPE_KINDS[kind]);
  const remove = useRemoveResource();
  const editable = may(...editNeed(kind));
  const columns = useColumns(kind, figures, editable ? (row) => void remove(row) : undefined);
  const rows = list.data?.resources ?? [];
  const empty = list.data?.total === 0 && wanted === "";

  return (
    <>
      <PageHeader
        title={t(`kinds.${kind}.title`)}
        description={t(`kinds.${kind}.description`)}
        actions={
          editable && (
            <LinkButton href={`/new/${kind}`} tone="primary" icon="plus">
              {t(`kinds.${kind}.new`)}
            </LinkButton>
          )
        }
      />
      <QueryProblem query={list} padded />
      {!empty && (
        <div className="flex items-center gap-3 border-b border-line px-6 pb-3 max-sm:px-4">
          <SearchInput
            label={t(`kinds.${kind}.search`)}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="max-w-80"
          />
          {list.data && (
            <span className="text-xs whitespace-nowrap text-faint" role="status">
              {t("count", { count: list.data.total })}
            </span>
          )}
        </div>
      )}
      {list.isPending ? (
        <SkeletonRows />
      ) : empty ? (
        <EmptyState
          icon={kind}
          title={t(`kinds.${kind}.emptyTitle`)}
          action={
            editable && (
              <div className="flex flex-wrap justify-center gap-2">
                <LinkButton href="/first-route" icon="routes">
                  {t("guidedRoute")}
                </LinkButton>
                <LinkButton href={`/new/${kind}`} tone="primary" icon="plus">
                  {t(`kinds.${kind}.new`)}
                </LinkButton>
              </div>
            )
          }
        >
          {t(`kinds.${kind}.empty`)}
        </EmptyState>
      ) : (
        <Table
          label={t(`kinds.${kind}.title`)}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.name}
          rowHref={resourceHref}
          {...(editable ? { onDelete: (row: DraftResource) => void remove(row) } : {})}
          empty={
            <p className="px-6 py-8 text-sm text-muted max-sm:px-4">
              {t("nothingFound", { search: wanted })}
            </p>
          }
        />
      )}
    </>
  );
}

function useColumns(
  kind: ResourceKind,
  figures: ReturnType<typeof useFigures>,
  onRemove: ((row: DraftResource) => void) | undefined,
): readonly Column<DraftResource>[] {
  const t = useTranslations("config");
  const figureOf = (row: DraftResource) => figures && addFigures(figures, scopesOf(row));
  const live: readonly Column<DraftResource>[] =
    SCOPE_KINDS[kind] === undefined
      ? []
      : [
          {
            id: "rate",
            header: t("columns.rate"),
            align: "right",
            cell: (row) => (
              <Quantity value={figures && (figureOf(row)?.requestsPerSecond ?? 0)} unit="perSecond" />
            ),
          },
          {
            id: "success",
            header: t("columns.success"),
            align: "right",
            cell: (row) => <SuccessRate value={figureOf(row)?.successRate} />,
          },
          {
            id: "p95",
            header: t("columns.p95"),
            align: "right",
            secondary: true,
            cell: (row) => <Quantity value={figureOf(row)?.p95Ms} unit="milliseconds" />,
          },
        ];
  return [
    {
      id: "name",
      header: t("columns.name"),
      className: "max-w-72",
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <Link
            prefetch={false}
            href={resourceHref(row)}
            className="truncate font-medium hover:underline"
            title={row.name}
          >
            {row.name}
          </Link>
          <ChangeBadge change={row.change} />
        </span>
      ),
    },
    {
      id: "facts",
      header: t("columns.what"),
      secondary: true,
      className: "text-muted",
      cell: (row) =>
        summarizeResource(row)
          .map((fact) => (fact.id === "text" ? fact.values.text : t(`facts.${fact.id}`, { ...fact.values })))
          .join(" · "),
    },
    { id: "state", header: t("columns.state"), cell: (row) => <ProblemState row={row} /> },
    ...live,
    {
      id: "updated",
      header: t("columns.updated"),
      align: "right",
      secondary: true,
      className: "text-muted",
      cell: (row) => <RelativeTime at={row.updatedAt} />,
    },
    ...(onRemove
      ? [
          {
            id: "remove",
            secondary: true,
            header: <span className="sr-only">{t("columns.actions")}</span>,
            align: "right" as const,
            className: "w-10",
            cell: (row: DraftResource) => (
              <IconButton
                size="sm"
                icon="trash"
                label={t("removeNamed", { name: row.name })}
                onClick={() => onRemove(row)}
              />
            ),
          },
        ]
      : []),
  ];
}

export function ChangeBadge({ change }: { readonly change: DraftResource["change"] }) {
  const t = useTranslations("config");
  if (change === "unchanged") return null;
  return <Badge tone={change === "added" ? "ok" : "info"}>{t(`change.${change}`)}</Badge>;
}

function ProblemState({ row }: { readonly row: DraftResource }) {
  const t = useTranslations("config");
  const errors = row.problems.filter((problem) => problem.severity === "error").length;
  const warnings = row.problems.length - errors;
  if (errors > 0)
    return (
      <StatusDot tone="bad">
        <span title={row.problems[0]?.message}>{t("errors", { count: errors })}</span>
      </StatusDot>
    );
  if (warnings > 0) return <StatusDot tone="warn">{t("warnings", { count: warnings })}</StatusDot>;
  return <StatusDot tone="ok">{t("valid")}</StatusDot>;
}

export function SuccessRate({ value }: { readonly value: number | undefined }) {
  const figure = <Quantity value={value} unit="ratio" />;
  if (value === undefined || value >= 0.99) return figure;
  return <StatusDot tone={value < 0.95 ? "bad" : "warn"}>{figure}</StatusDot>;
}
