"use client";

import type { Alert, AlertRule, AlertState } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge, StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import type { Silenced } from "./silence-dialog.tsx";
import { useAlertWords } from "./use-alert-words.ts";

const TONES: Readonly<Record<AlertState, Tone>> = { firing: "bad", pending: "warn", resolved: "ok" };

export interface AlertTableProps {
  readonly alerts: readonly Alert[];
  readonly rules: readonly AlertRule[];
  readonly onSilence: (silenced: Silenced) => void;
}

export function AlertTable({ alerts, rules, onSilence }: AlertTableProps) {
  const t = useTranslations("alerts");
  const words = useAlertWords();
  const mayManage = useMay()("alert.manage");
  const measureOf = (name: string) => rules.find((rule) => rule.name === name)?.measure;
  const columns: readonly Column<Alert>[] = [
    {
      id: "state",
      header: t("columns.state"),
      cell: (alert) => (
        <span className="flex items-center gap-2">
          <StatusDot tone={TONES[alert.state]}>{t(`states.${alert.state}`)}</StatusDot>
          {alert.silence !== undefined && <Badge>{t("silenced")}</Badge>}
        </span>
      ),
    },
    { id: "rule", header: t("columns.rule"), className: "font-medium", cell: ({ rule }) => rule },
    { id: "target", header: t("columns.target"), cell: ({ target }) => words.target(target) },
    {
      id: "value",
      header: t("columns.value"),
      align: "right",
      cell: ({ rule, value }) => {
        const measure = measureOf(rule);
        return value === undefined || measure === undefined ? "–" : words.value(measure, value);
      },
    },
    {
      id: "since",
      header: t("columns.since"),
      align: "right",
      secondary: true,
      cell: ({ since }) => <RelativeTime at={since} />,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: ({ rule, target, silence, state }) =>
        mayManage &&
        silence === undefined &&
        state !== "resolved" && (
          <Button size="sm" onClick={() => onSilence({ rule, target })}>
            {t("silence")}
          </Button>
        ),
    },
  ];
  return (
    <Table
      label={t("alerts")}
      columns={columns}
      rows={alerts}
      rowKey={({ rule, target }) => `${rule} ${target}`}
    />
  );
}
