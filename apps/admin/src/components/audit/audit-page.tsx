"use client";

import type { AuditEvent } from "@sluice/config/browser";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTimeZone, useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { NotAllowedPage } from "../ui/list-page.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import { AuditFilterBar, auditInput, NO_FILTERS } from "./audit-filters.tsx";
import { ChainNotice } from "./chain-notice.tsx";
import { EventDialog } from "./event-dialog.tsx";

/** Who did what, and what was refused; newest first. */
export function AuditPage() {
  const t = useTranslations("audit");
  const trpc = useTRPC();
  const [filters, setFilters] = useState(NO_FILTERS);
  const [opened, setOpened] = useState<AuditEvent>();
  const wanted = auditInput(useDeferredValue(filters), useTimeZone() ?? "UTC");
  const allowed = useMay()("audit.read");
  const events = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(wanted, { getNextPageParam: (page) => page.next, enabled: allowed }),
  );
  const rows = events.data?.pages.flatMap((page) => page.events) ?? [];
  if (!allowed)
    return (
      <NotAllowedPage title={t("title")} icon="audit" what={t("notAllowed")} hint={t("notAllowedHint")} />
    );
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <LinkButton
            href={`/api/v1/audit/export?${new URLSearchParams(
              Object.entries(wanted).map(([key, value]) => [key, String(value)]),
            )}`}
            icon="download"
            download
            prefetch={false}
          >
            {t("export")}
          </LinkButton>
        }
      />
      <div className="px-6 pb-3 max-sm:px-4">
        <ChainNotice />
      </div>
      <AuditFilterBar filters={filters} onChange={setFilters} />
      <QueryProblem query={events} padded />
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
              className: "w-36 text-muted max-md:w-auto",
              cell: (event) => <RelativeTime at={event.at} />,
            },
            {
              id: "actor",
              header: t("columns.who"),
              className: "w-40 max-md:w-auto",
              cell: (event) => event.actor,
            },
            {
              id: "action",
              header: t("columns.action"),
              cell: (event) => (
                <>
                  <span className="flex flex-wrap items-center gap-2">
                    <code className="font-mono text-xs">{event.action}</code>
                    {wasRefused(event.details) && <Badge tone="bad">{t("refused")}</Badge>}
                  </span>
                  <span className="text-xs wrap-anywhere text-muted md:hidden">{event.subject}</span>
                </>
              ),
            },
            {
              id: "subject",
              header: t("columns.subject"),
              secondary: true,
              className: "min-w-40 max-w-80",
              cell: (event) => <span className="block wrap-anywhere">{event.subject}</span>,
            },
            {
              id: "details",
              pinned: true,
              header: <span className="sr-only">{t("columns.details")}</span>,
              align: "right",
              cell: (event) =>
                event.details !== null &&
                event.details !== undefined && (
                  <Button
                    size="sm"
                    aria-label={t("detailsOf", { action: event.action, subject: event.subject })}
                    onClick={() => setOpened(event)}
                  >
                    {t("columns.details")}
                  </Button>
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
      {opened !== undefined && <EventDialog event={opened} onClose={() => setOpened(undefined)} />}
    </>
  );
}

function wasRefused(details: unknown): boolean {
  return typeof details === "object" && details !== null && "refused" in details;
}
