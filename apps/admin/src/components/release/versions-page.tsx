"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useUrlState } from "../chart/use-url-state.ts";
import type { Version } from "../resource/config-types.ts";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { SearchInput } from "../ui/input.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import { ChangeList } from "./change-list.tsx";
import { RolloutProgress } from "./rollout-progress.tsx";
import { useRollback } from "./use-rollback.ts";

const PAGE = 50;

/** Every version ever published, newest first, with the rollout that is in force above. */
export function VersionsPage() {
  const t = useTranslations("release");
  const trpc = useTRPC();
  const router = useRouter();
  const may = useMay();
  const rollback = useRollback();
  const [read, write] = useUrlState();
  const search = read("q") ?? "";
  const view = read("view") === "changes" ? "changes" : "versions";
  const [picked, setPicked] = useState<readonly number[]>([]);
  const list = useInfiniteQuery(
    trpc.version.list.infiniteQueryOptions(
      { limit: PAGE, ...(search === "" ? {} : { search }) },
      { getNextPageParam: ({ next }) => next, placeholderData: keepPreviousData },
    ),
  );
  const liveVersion = useQuery(trpc.version.live.queryOptions());
  const rollouts = useQuery(trpc.version.rollouts.queryOptions({ limit: 1 }));
  const versions = list.data?.pages.flatMap((page) => page.versions) ?? [];
  const live = liveVersion.data?.number;
  const current = rollouts.data?.[0];

  function pick(number: number): void {
    setPicked((now) =>
      now.includes(number) ? now.filter((other) => other !== number) : [...now.slice(-1), number],
    );
  }

  function compare(): void {
    const [before, after] = [...picked].sort((a, b) => a - b);
    if (before !== undefined && after !== undefined) router.push(`/versions/${after}?against=${before}`);
  }

  return (
    <>
      <PageHeader
        title={t("versionsTitle")}
        description={t("versionsDescription")}
        actions={
          <>
            <Button disabled={picked.length !== 2} onClick={compare}>
              {t(picked.length === 2 ? "compareTwo" : "pickTwo")}
            </Button>
            <LinkButton href="/publish" icon="publish">
              {t("reviewDraft")}
            </LinkButton>
          </>
        }
      />
      {current && (
        <div className="px-6 pb-4 max-sm:px-4">
          <RolloutProgress key={current.id} rollout={current.id} />
        </div>
      )}
      <div className="flex flex-wrap items-center gap-3 px-6 pb-3 max-sm:px-4">
        <div className="w-80 max-w-full">
          <SearchInput
            label={t(view === "changes" ? "searchChanges" : "searchVersions")}
            value={search}
            onChange={(event) => write({ q: event.target.value })}
          />
        </div>
        <Segments
          label={t("view")}
          value={view}
          segments={[
            { id: "versions", label: t("byVersion") },
            { id: "changes", label: t("byChange") },
          ]}
          onChange={(id) => write({ view: id === "versions" ? "" : id })}
        />
        {view === "versions" && list.data && (
          <span className="text-xs text-muted tabular" aria-live="polite">
            {t("countVersions", { count: list.data.pages[0]?.total ?? 0 })}
          </span>
        )}
      </div>
      <QueryProblem query={list} padded />
      {view === "changes" ? (
        <ChangeList
          key={search}
          search={search === "" ? {} : { text: search }}
          revertable={may("config.edit")}
        />
      ) : list.isPending ? (
        <SkeletonRows />
      ) : versions.length === 0 && search !== "" ? (
        <p className="px-6 py-4 text-sm text-muted">{t("noMatch", { search })}</p>
      ) : versions.length === 0 ? (
        <EmptyState
          icon="versions"
          title={t("noVersions")}
          action={
            <LinkButton href="/publish" tone="primary">
              {t("reviewDraft")}
            </LinkButton>
          }
        >
          {t("noVersionsHint")}
        </EmptyState>
      ) : (
        <div className="border-t border-line">
          <Table<Version>
            label={t("versionsTitle")}
            rows={versions}
            rowKey={(version) => String(version.number)}
            rowHref={(version) => `/versions/${version.number}`}
            columns={[
              {
                id: "pick",
                header: <span className="sr-only">{t("pick")}</span>,
                className: "w-8",
                cell: (version) => (
                  <input
                    type="checkbox"
                    aria-label={t("pickNumber", { number: version.number })}
                    checked={picked.includes(version.number)}
                    onChange={() => pick(version.number)}
                    className="align-middle"
                  />
                ),
              },
              {
                id: "number",
                header: t("columns.version"),
                cell: (version) => (
                  <span className="flex items-center gap-2">
                    <Link
                      href={`/versions/${version.number}`}
                      className="font-semibold tabular hover:underline"
                    >
                      {version.number}
                    </Link>
                    {version.live && <Badge tone="ok">{t("live")}</Badge>}
                    {version.tags.map((tag) => (
                      <Badge key={tag} tone="accent">
                        {tag}
                      </Badge>
                    ))}
                  </span>
                ),
              },
              {
                id: "message",
                header: t("columns.message"),
                className: "max-w-96 max-xl:max-w-56 max-sm:max-w-36",
                cell: (version) => (
                  <span className="block truncate" title={version.message}>
                    {version.message || <span className="text-faint">{t("noMessage")}</span>}
                  </span>
                ),
              },
              {
                id: "author",
                header: t("columns.author"),
                secondary: true,
                cell: (version) => version.author,
              },
              {
                id: "resources",
                header: t("columns.resources"),
                align: "right",
                secondary: true,
                cell: (version) => version.resourceCount,
              },
              {
                id: "at",
                header: t("columns.published"),
                align: "right",
                secondary: true,
                className: "text-muted",
                cell: (version) => <RelativeTime at={version.createdAt} />,
              },
              ...(!may("config.publish")
                ? []
                : [
                    {
                      ...actionsColumn(t("columns.actions")),
                      cell: (version: Version) =>
                        !version.live && (
                          <Button
                            size="sm"
                            icon="rollback"
                            busy={rollback.pending === version.number}
                            aria-label={t("rollBackRow", { number: version.number })}
                            onClick={() => void rollback.start(version.number, live)}
                          >
                            {t("rollBack")}
                          </Button>
                        ),
                    },
                  ]),
            ]}
          />
          {list.hasNextPage && (
            <div className="p-4 text-center">
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                {t("older")}
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}
