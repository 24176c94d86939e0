"use client";

import type { AlertRule } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { ListSection } from "../ui/list-section.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { AlertTable } from "./alert-table.tsx";
import { RuleDialog } from "./rule-dialog.tsx";
import { RuleTable } from "./rule-table.tsx";
import { SilenceDialog, type Silenced } from "./silence-dialog.tsx";
import { SilenceTable } from "./silence-table.tsx";
import { TryDialog } from "./try-dialog.tsx";

/** What fires now, the rules that say so, and what is kept quiet. */
export function AlertsPage() {
  const t = useTranslations("alerts");
  const trpc = useTRPC();
  const mayManage = useMay()("alert.manage");
  const [editing, setEditing] = useState<AlertRule | "new">();
  useOpenFromAddress(() => setEditing("new"));
  const [trying, setTrying] = useState<AlertRule>();
  const [silencing, setSilencing] = useState<Silenced>();
  const rules = useQuery(trpc.alert.rules.queryOptions());
  const alerts = useQuery(trpc.alert.list.queryOptions());
  const silences = useQuery(trpc.alert.silences.queryOptions());
  const failed = [rules, alerts, silences].find(({ error }) => error !== null);
  const add = mayManage && (
    <Button tone="primary" icon="plus" onClick={() => setEditing("new")}>
      {t("add")}
    </Button>
  );
  const silence = mayManage && <Button onClick={() => setSilencing({})}>{t("silence")}</Button>;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <>
            {rules.data !== undefined && rules.data.length > 0 && silence}
            {add}
          </>
        }
      />
      {failed && <QueryProblem query={failed} padded />}
      {rules.isPending && <SkeletonRows />}
      {rules.data?.length === 0 && (
        <EmptyState icon="alerts" title={t("noRules")} action={add}>
          {t("noRulesHint")}
        </EmptyState>
      )}
      {rules.data !== undefined && rules.data.length > 0 && (
        <div className="flex flex-col gap-8 pb-10">
          <ListSection title={t("alerts")} empty={alerts.data?.length === 0 && t("allFine")}>
            <AlertTable alerts={alerts.data ?? []} rules={rules.data} onSilence={setSilencing} />
          </ListSection>
          <ListSection title={t("rules")} empty={false}>
            <RuleTable rules={rules.data} onEdit={setEditing} onTry={setTrying} onSilence={setSilencing} />
          </ListSection>
          <ListSection title={t("silences")} empty={silences.data?.length === 0 && t("noSilences")}>
            <SilenceTable silences={silences.data ?? []} />
          </ListSection>
        </div>
      )}
      <RuleDialog
        // Begins anew each time that it opens.
        key={editing === undefined ? "closed" : editing === "new" ? "new" : editing.name}
        subject={editing}
        onClose={() => setEditing(undefined)}
      />
      <TryDialog rule={trying} onClose={() => setTrying(undefined)} />
      <SilenceDialog silenced={silencing} onClose={() => setSilencing(undefined)} />
    </>
  );
}
