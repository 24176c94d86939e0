"use client";

import type { KeyState } from "@sluice/config";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { type Column, Table } from "../ui/table.tsx";

const TONES: Readonly<Record<KeyState["state"], Tone>> = { current: "ok", older: "neutral", missing: "bad" };

/** The keys that secrets are sealed with: who has them, what needs them, rotate. For admins. */
export function SecretKeys() {
  const t = useTranslations("settings.keys");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const status = useQuery(trpc.keys.status.queryOptions(undefined, { refetchInterval: 5_000 }));
  const onSuccess = () => queries.invalidateQueries({ queryKey: [["keys"]], exact: false });
  const rotate = useMutation(trpc.keys.rotate.mutationOptions({ onSuccess }));
  const retire = useMutation(trpc.keys.retire.mutationOptions({ onSuccess }));
  const managed = status.data?.managed === true;
  const error = status.error ?? rotate.error ?? retire.error;
  const columns: readonly Column<KeyState>[] = [
    { id: "id", header: t("id"), cell: ({ id }) => <span className="font-mono text-xs">{id}</span> },
    {
      id: "state",
      header: t("state"),
      cell: ({ state }) => (
        <StatusDot tone={TONES[state]}>
          <span className="text-xs">{t(`states.${state}`)}</span>
        </StatusDot>
      ),
    },
    { id: "uses", header: t("uses"), align: "right", cell: ({ uses }) => uses },
    {
      id: "known",
      header: t("knownBy"),
      secondary: true,
      cell: ({ knownBy, unknownTo }) => (
        <span className="text-xs">
          {knownBy.join(", ") || "–"}
          {unknownTo.length > 0 && (
            <span className="text-bad"> · {t("unknownTo", { names: unknownTo.join(", ") })}</span>
          )}
        </span>
      ),
    },
    {
      ...actionsColumn(t("actions")),
      cell: ({ id, state, uses }) =>
        managed &&
        state === "older" &&
        uses === 0 && (
          <Button size="sm" busy={retire.isPending} onClick={() => retire.mutate({ id })}>
            {t("retire")}
          </Button>
        ),
    },
  ];
  return (
    <div className="flex flex-col gap-3">
      <RefusalNotice error={error} />
      {rotate.data && <Notice tone="ok">{t("rotated", { id: rotate.data.current })}</Notice>}
      {status.data && !managed && <Notice tone="info">{t("operator")}</Notice>}
      {status.data && (
        <p className="text-sm">
          <span className="text-muted">{t("source")}</span> {t(`sources.${status.data.source}`)}
        </p>
      )}
      {status.data?.source === "generated" && (
        <Notice tone="warn" title={t("besideData")}>
          {t("besideDataHint", { file: status.data.file ?? "" })}
        </Notice>
      )}
      <Table
        framed
        label={t("list")}
        columns={columns}
        rows={status.data?.keys ?? []}
        rowKey={({ id }) => id}
      />
      {managed && (
        <div>
          <Button busy={rotate.isPending} onClick={() => rotate.mutate()}>
            {t("rotate")}
          </Button>
        </div>
      )}
    </div>
  );
}
