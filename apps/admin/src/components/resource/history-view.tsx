"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { BlameTable } from "../release/blame-table.tsx";
import { ChangeList } from "../release/change-list.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import type { ResourceRef } from "./config-types.ts";

const VIEWS = ["blame", "versions", "edits"] as const;

/** Where each field's value comes from, what each version did to the resource, and who edited it in the draft. */
export function HistoryView({ kind, name, readOnly }: ResourceRef & { readonly readOnly: boolean }) {
  const t = useTranslations("config.history");
  const [view, setView] = useState<(typeof VIEWS)[number]>("blame");
  return (
    <div className="flex flex-col gap-3 py-4">
      <div className="px-6 max-sm:px-4">
        <Segments
          label={t("show")}
          value={view}
          segments={VIEWS.map((id) => ({ id, label: t(id) }))}
          onChange={(id) => setView(VIEWS.find((each) => each === id) ?? "blame")}
        />
      </div>
      {view === "blame" && <BlameTable kind={kind} name={name} />}
      {view === "versions" && <ChangeList search={{ kind, name }} revertable={!readOnly} />}
      {view === "edits" && <Edits kind={kind} name={name} />}
    </div>
  );
}

function Edits({ kind, name }: ResourceRef) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const subject = `${kind}/${name}`;
  const events = useQuery(trpc.audit.list.queryOptions({ subject, limit: 200 }));
  if (events.isPending) return <SkeletonRows />;
  return (
    <Table
      label={t("history.edits")}
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
