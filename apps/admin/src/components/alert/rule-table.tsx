"use client";

import type { AlertRule } from "@sluice/config/contract";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu } from "../ui/menu.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { useTypedRemoval } from "../ui/use-typed-removal.tsx";
import { ruleInput } from "./rule-input.ts";
import type { Silenced } from "./silence-dialog.tsx";
import { useAlertWords } from "./use-alert-words.ts";

export interface RuleTableProps {
  readonly rules: readonly AlertRule[];
  readonly onEdit: (rule: AlertRule) => void;
  readonly onTry: (rule: AlertRule) => void;
  readonly onSilence: (silenced: Silenced) => void;
}

export function RuleTable({ rules, onEdit, onTry, onSilence }: RuleTableProps) {
  const t = useTranslations("alerts");
  const refusalToast = useRefusalToast();
  const words = useAlertWords();
  const trpc = useTRPC();
  const toast = useToast();
  const mayManage = useMay()("alert.manage");
  const put = useMutation(trpc.alert.put.mutationOptions({ onError: refusalToast }));
  const remove = useMutation(
    trpc.alert.remove.mutationOptions({
      onSuccess: (_, { name }) => toast({ text: t("removed", { name }) }),
      onError: refusalToast,
    }),
  );
  const removal = useTypedRemoval({
    label: t("remove"),
    hint: t("removeHint"),
    remove: (name) => remove.mutate({ name }),
  });
  const columns: readonly Column<AlertRule>[] = [
    {
      id: "rule",
      header: t("columns.rule"),
      cell: ({ name, enabled }) => (
        <span className="flex items-center gap-2 font-medium">
          {name}
          {!enabled && <Badge>{t("off")}</Badge>}
        </span>
      ),
    },
    { id: "condition", header: t("columns.condition"), cell: (rule) => words.condition(rule) },
    { id: "scope", header: t("columns.scope"), cell: ({ scope }) => words.scope(scope) },
    { id: "by", header: t("columns.by"), secondary: true, cell: ({ updatedBy }) => updatedBy },
    {
      ...actionsColumn(t("columns.actions")),
      cell: (rule) => (
        <span className="inline-flex items-center gap-1">
          <Button size="sm" onClick={() => onTry(rule)}>
            {t("test")}
          </Button>
          {mayManage && (
            <Menu
              trigger={<IconButton size="sm" icon="more" label={t("actionsOf", { name: rule.name })} />}
              groups={[
                [
                  { label: t("edit"), icon: "edit", onSelect: () => onEdit(rule) },
                  { label: t("silence"), icon: "pause", onSelect: () => onSilence({ rule: rule.name }) },
                  {
                    label: rule.enabled ? t("switchOff") : t("switchOn"),
                    icon: rule.enabled ? "close" : "play",
                    onSelect: () =>
                      put.mutate({
                        ...ruleInput(rule),
                        enabled: !rule.enabled,
                        expectedRevision: rule.revision,
                      }),
                  },
                ],
                removal.itemsOf(rule.name),
              ]}
            />
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      <Table label={t("rules")} columns={columns} rows={rules} rowKey={({ name }) => name} />
      {removal.dialog}
    </>
  );
}
