"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import type { ResourceRef } from "./config-types.ts";

/** What was done to this resource, by whom. */
export function HistoryView({ kind, name }: ResourceRef) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const subject = `${kind}/${name}`;
  const events = useQuery(trpc.audit.list.queryOptions({ subject, limit: 200 }));
  if (events.isPending) return <SkeletonRows />;
  return (
    <Table
      label={t("tabs.history")}
      columns={[
        { id: "at", header: t("columns.when"), cell: (event) => <RelativeTime at={event.at} /> },
        { id: "actor", header: t("columns.who"), cell: (event) => event.actor },
        {
          id: "action",
          header: t("columns.action"),
          cell: (event) => <code className="font-mono text-xs">{event.action}</code>,
        },
      ]}
      rows={(events.data?.events ?? []).filter((event) => event.subject === subject)}
      rowKey={(event) => String(event.id)}
      empty={<p className="px-6 py-4 text-sm text-muted max-sm:px-4">{t("noHistory")}</p>}
    />
  );
}
