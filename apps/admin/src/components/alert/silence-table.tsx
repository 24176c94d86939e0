"use client";

import type { Silence } from "@sluice/config/contract";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

export function SilenceTable({ silences }: { readonly silences: readonly Silence[] }) {
  const t = useTranslations("alerts");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const mayManage = useMay()("alert.manage");
  const end = useMutation(
    trpc.alert.unsilence.mutationOptions({
      onError: refusalToast,
    }),
  );
  const columns: readonly Column<Silence>[] = [
    { id: "rule", header: t("columns.rule"), cell: ({ rule }) => rule ?? t("every") },
    { id: "target", header: t("columns.target"), cell: ({ target }) => target ?? t("every") },
    { id: "reason", header: t("columns.reason"), cell: ({ reason }) => reason },
    { id: "author", header: t("columns.author"), secondary: true, cell: ({ author }) => author },
    {
      id: "until",
      header: t("columns.until"),
      align: "right",
      cell: ({ expiresAt }) => <RelativeTime at={expiresAt} ahead />,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: ({ id }) =>
        mayManage && (
          <Button
            size="sm"
            busy={end.isPending && end.variables.id === id}
            onClick={() => end.mutate({ id })}
          >
            {t("endSilence")}
          </Button>
        ),
    },
  ];
  return <Table label={t("silences")} columns={columns} rows={silences} rowKey={({ id }) => id} />;
}
