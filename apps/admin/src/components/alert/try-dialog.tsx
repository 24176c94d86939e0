"use client";

import type { AlertReading, AlertRule } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { StatusDot } from "../ui/badge.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { ruleInput } from "./rule-input.ts";
import { useAlertWords } from "./use-alert-words.ts";

export interface TryDialogProps {
  /** Undefined: closed. */
  readonly rule: AlertRule | undefined;
  readonly onClose: () => void;
}

/** What a rule says now of each of its targets, asked again while it is looked at. */
export function TryDialog({ rule, onClose }: TryDialogProps) {
  const t = useTranslations("alerts");
  return (
    <Dialog
      open={rule !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={t("testTitle", { name: rule?.name ?? "" })}
      description={t("testHint")}
    >
      {rule !== undefined && <Readings rule={rule} />}
    </Dialog>
  );
}

const AGAIN_MS = 5_000;

function Readings({ rule }: { readonly rule: AlertRule }) {
  const t = useTranslations("alerts");
  const refusalWords = useRefusalWords();
  const words = useAlertWords();
  const trpc = useTRPC();
  const readings = useQuery({
    ...trpc.alert.try.queryOptions(ruleInput(rule)),
    refetchInterval: AGAIN_MS,
  });
  const columns: readonly Column<AlertReading>[] = [
    { id: "target", header: t("columns.target"), cell: ({ target }) => target },
    {
      id: "value",
      header: t("columns.value"),
      align: "right",
      cell: ({ value }) => (value === undefined ? t("noValue") : words.value(rule.measure, value)),
    },
    {
      id: "crossed",
      header: t("columns.crossed"),
      cell: ({ crossed }) => (
        <StatusDot tone={crossed ? "bad" : "ok"}>{crossed ? t("yes") : t("no")}</StatusDot>
      ),
    },
  ];
  if (readings.error) return <Notice tone="bad">{refusalWords(readings.error)}</Notice>;
  if (readings.data === undefined) return <SkeletonRows bare />;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-muted">{words.condition(rule)}</p>
      <Table
        label={t("testTitle", { name: rule.name })}
        columns={columns}
        rows={readings.data}
        rowKey={({ target }) => target}
        empty={<p className="p-3 text-sm text-muted">{t("noTargets")}</p>}
      />
    </div>
  );
}
