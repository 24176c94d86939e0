"use client";

import type { RolloutEvent } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useReasonWords } from "./reason-words.ts";

/** Each transition with who made it and why, the newest first. */
export function RolloutHistory({ id }: { readonly id: number }) {
  const t = useTranslations("rollout");
  const words = useReasonWords();
  const trpc = useTRPC();
  const { data } = useQuery(trpc.rollout.history.queryOptions({ rollout: id }));
  if (data === undefined) return null;
  const columns: readonly Column<RolloutEvent>[] = [
    {
      id: "event",
      header: t("history.event"),
      cell: (event) => <span className="font-medium whitespace-nowrap">{t(`events.${event.kind}`)}</span>,
    },
    {
      id: "reason",
      header: t("history.reason"),
      cell: (event) => <span className="break-words">{words(event.words, event.reason)}</span>,
    },
    { id: "actor", header: t("history.actor"), secondary: true, cell: (event) => event.actor },
    {
      id: "at",
      header: t("history.at"),
      align: "right",
      className: "text-muted",
      cell: (event) => <RelativeTime at={event.at} />,
    },
  ];
  return (
    <section aria-label={t("history.title")}>
      <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{t("history.title")}</h2>
      <Table
        label={t("history.title")}
        columns={columns}
        rows={data.toReversed()}
        rowKey={(event) => String(event.id)}
      />
    </section>
  );
}
