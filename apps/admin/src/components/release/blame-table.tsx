"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useDeferredValue, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { ResourceRef } from "../resource/config-types.ts";
import { SearchInput } from "../ui/input.tsx";
import { PathText } from "../ui/path-text.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import { showValue } from "./show-value.ts";

const SHOWN = 300;

/** Each field of a resource with the version that gave it its value: who changed this timeout? */
export function BlameTable({ kind, name, version }: ResourceRef & { readonly version?: number }) {
  const t = useTranslations("release");
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const path = useDeferredValue(typed);
  const blame = useQuery({
    ...trpc.history.blame.queryOptions({ kind, name, path, ...(version === undefined ? {} : { version }) }),
    placeholderData: keepPreviousData,
  });
  if (blame.error)
    return (
      <div className="px-6 max-sm:px-4">
        {refusalOf(blame.error).kind === "not_found" ? (
          <p className="text-sm text-muted">{t("neverPublished")}</p>
        ) : (
          <QueryProblem query={blame} />
        )}
      </div>
    );
  if (!blame.data) return <SkeletonRows />;
  const { fields, total } = blame.data;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3 px-6 max-sm:px-4">
        <div className="w-80 max-w-full">
          <SearchInput
            label={t("blameFilter")}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <span className="text-xs text-muted" aria-live="polite">
          {t("fieldsShown", { shown: Math.min(SHOWN, fields.length), total })}
        </span>
      </div>
      <Table
        label={t("blameOf", { name })}
        rows={fields.slice(0, SHOWN)}
        rowKey={(field) => field.path}
        rowHref={(field) => `/versions/${field.version}`}
        columns={[
          {
            id: "field",
            header: t("field"),
            className: "min-w-36",
            cell: (field) => (
              <code className="font-mono text-xs wrap-anywhere">
                <PathText path={field.path} />
              </code>
            ),
          },
          {
            id: "value",
            header: t("value"),
            className: "min-w-20 max-w-64",
            cell: (field) => (
              <span className="font-mono text-xs wrap-anywhere">{showValue(field.value)}</span>
            ),
          },
          {
            id: "version",
            header: t("columns.version"),
            align: "right",
            cell: (field) => (
              <Link href={`/versions/${field.version}`} className="tabular hover:underline">
                {field.version}
              </Link>
            ),
          },
          { id: "author", header: t("columns.author"), secondary: true, cell: (field) => field.author },
          {
            id: "message",
            header: t("columns.message"),
            secondary: true,
            className: "max-w-72",
            cell: (field) => (
              <span className="block truncate" title={field.message}>
                {field.message || <span className="text-faint">{t("noMessage")}</span>}
              </span>
            ),
          },
          {
            id: "at",
            header: t("columns.published"),
            align: "right",
            secondary: true,
            className: "text-muted",
            cell: (field) => <RelativeTime at={field.createdAt} />,
          },
        ]}
        empty={<p className="px-6 py-4 text-sm text-muted max-sm:px-4">{t("noFields")}</p>}
      />
    </div>
  );
}
