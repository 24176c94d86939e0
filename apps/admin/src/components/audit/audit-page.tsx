"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { SearchInput, Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";

const FAMILIES = ["draft.", "version.", "user.", "node."] as const;

/** Who did what, and what was refused; newest first. */
export function AuditPage() {
  const t = useTranslations("audit");
  const trpc = useTRPC();
  const [subject, setSubject] = useState("");
  const [family, setFamily] = useState("");
  const wanted = useDeferredValue(subject);
  const allowed = useMay()("audit.read");
  const events = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(
      { ...(wanted ? { subject: wanted } : {}), ...(family ? { action: family } : {}) },
      { getNextPageParam: (page) => page.next, enabled: allowed },
    ),
  );
  const rows = events.data?.pages.flatMap((page) => page.events) ?? [];
  if (!allowed)
    return (
      <>
        <PageHeader title={t("title")} />
        <EmptyState icon="audit" title={t("notAllowed")}>
          {t("notAllowedHint")}
        </EmptyState>
      </>
    );
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      <div className="flex flex-wrap gap-3 border-b border-line px-6 pb-3 max-sm:px-4">
        <SearchInput
          label={t("search")}
          value={subject}
          onChange={(event) => setSubject(event.target.value)}
          className="max-w-80"
        />
        <Select
          aria-label={t("family")}
          value={family}
          onChange={(event) => setFamily(event.target.value)}
          className="max-w-48"
        >
          <option value="">{t("families.all")}</option>
          {FAMILIES.map((name) => (
            <option key={name} value={name}>
              {t(`families.${name.slice(0, -1)}`)}
            </option>
          ))}
        </Select>
      </div>
      {events.error && (
        <div className="px-6 py-4">
          <Notice tone="bad">{events.error.message}</Notice>
        </div>
      )}
      {events.isPending ? (
        <SkeletonRows />
      ) : (
        <Table
          label={t("title")}
          rows={rows}
          rowKey={(event) => String(event.id)}
          empty={<p className="px-6 py-8 text-sm text-muted max-sm:px-4">{t("nothing")}</p>}
          columns={[
            {
              id: "at",
              header: t("columns.when"),
              className: "w-36 text-muted",
              cell: (event) => <RelativeTime at={event.at} />,
            },
            { id: "actor", header: t("columns.who"), className: "w-40", cell: (event) => event.actor },
            {
              id: "action",
              header: t("columns.action"),
              cell: (event) => (
                <span className="flex items-center gap-2">
                  <code className="font-mono text-xs">{event.action}</code>
                  {wasRefused(event.details) && <Badge tone="bad">{t("refused")}</Badge>}
                </span>
              ),
            },
            {
              id: "subject",
              header: t("columns.subject"),
              className: "max-w-80",
              cell: (event) => <span className="block truncate">{event.subject}</span>,
            },
            {
              id: "details",
              header: t("columns.details"),
              secondary: true,
              className: "max-w-96",
              cell: (event) =>
                event.details !== null &&
                event.details !== undefined && (
                  <code
                    className="block truncate font-mono text-xs text-muted"
                    title={JSON.stringify(event.details)}
                  >
                    {JSON.stringify(event.details)}
                  </code>
                ),
            },
          ]}
        />
      )}
      {events.hasNextPage && (
        <div className="p-4 text-center">
          <Button busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            {t("older")}
          </Button>
        </div>
      )}
    </>
  );
}

function wasRefused(details: unknown): boolean {
  return typeof details === "object" && details !== null && "refused" in details;
}
