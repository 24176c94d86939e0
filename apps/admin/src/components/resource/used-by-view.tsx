"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import type { ResourceRef } from "./config-types.ts";
import { resourceHref } from "./resource-href.ts";

/** Who refers to it and where, and what it refers to itself. */
export function UsedByView(ref: ResourceRef) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const usedBy = useQuery(trpc.draft.usedBy.queryOptions(ref));
  const uses = useQuery(trpc.draft.references.queryOptions({ from: ref }));
  if (usedBy.isPending || uses.isPending) return <SkeletonRows />;
  const columns = (end: "from" | "to") => [
    {
      id: "name",
      header: t("columns.name"),
      cell: (row: Row) => (
        <Link
          href={resourceHref(row[end], end === "from" ? row.path : undefined)}
          className="font-medium hover:underline"
        >
          {row[end].name}
        </Link>
      ),
    },
    { id: "kind", header: t("columns.kind"), cell: (row: Row) => t(`kinds.${row[end].kind}.one`) },
    {
      id: "path",
      header: t("columns.where"),
      cell: (row: Row) => <code className="font-mono text-xs text-muted">{row.path}</code>,
    },
  ];
  return (
    <div className="flex flex-col gap-6 py-4">
      {(["from", "to"] as const).map((end) => (
        <section key={end} aria-label={t(end === "from" ? "usedByTitle" : "usesTitle")}>
          <h2 className="px-6 pb-2 text-base font-semibold max-sm:px-4">
            {t(end === "from" ? "usedByTitle" : "usesTitle")}
          </h2>
          <Table
            label={t(end === "from" ? "usedByTitle" : "usesTitle")}
            columns={columns(end)}
            rows={(end === "from" ? usedBy.data : uses.data) ?? []}
            rowKey={(row) => `${row.from.kind}/${row.from.name}/${row.path}/${row.to.name}`}
            rowHref={(row) => resourceHref(row[end])}
            empty={
              <p className="px-6 py-4 text-sm text-muted max-sm:px-4">
                {t(end === "from" ? "usedByNobody" : "usesNothing")}
              </p>
            }
          />
        </section>
      ))}
    </div>
  );
}

interface Row {
  readonly from: ResourceRef;
  readonly to: ResourceRef;
  readonly path: string;
}
