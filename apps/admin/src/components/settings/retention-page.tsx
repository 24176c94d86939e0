"use client";

import { SETTING_BOUNDS } from "@sluice/config/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { FormSection } from "../form/form-section.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { useToast } from "../ui/toast.tsx";
import { SettingsTabs } from "./settings-tabs.tsx";
import { useChangeSettings } from "./use-change-settings.ts";

type NumberName = keyof typeof SETTING_BOUNDS;
const NAMES = Object.keys(SETTING_BOUNDS) as readonly NumberName[];

/** How long what is kept. */
export function RetentionPage() {
  const t = useTranslations("settings.retention");
  const may = useMay();
  return (
    <SettingsTabs>
      <FormSection title={t("telemetry")} description={t("telemetryHint")}>
        <TelemetryFields disabled={!may("settings.manage")} />
      </FormSection>
      {may("audit.read") && (
        <FormSection title={t("audit")} description={t("auditHint")}>
          <AuditFields disabled={!may("settings.manage")} />
        </FormSection>
      )}
      <FormSection title={t("versions")} description={t("versionsHint")}>
        <p className="text-sm text-muted">{t("forever")}</p>
      </FormSection>
    </SettingsTabs>
  );
}

function TelemetryFields({ disabled }: { readonly disabled: boolean }) {
  const t = useTranslations("settings");
  const { settings, busy, problem, change } = useChangeSettings();
  const [edits, setEdits] = useState<Partial<Record<NumberName, string>>>({});
  if (settings === undefined)
    return problem === undefined ? <SkeletonRows bare rows={3} /> : <Notice tone="bad">{problem}</Notice>;
  const misfits = NAMES.filter((name) => edits[name] !== undefined && !fits(name, edits[name] ?? ""));
  const shown = (name: NumberName): string => edits[name] ?? String(settings[name]);
  return (
    <form
      className="flex max-w-lg flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (misfits.length > 0) return;
        const input: Partial<Record<NumberName, number>> = Object.fromEntries(
          Object.entries(edits).map(([name, text]) => [name, Number(text)]),
        );
        change(input, () => setEdits({}));
      }}
    >
      {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
      <div className="grid gap-4 sm:grid-cols-2">
        {NAMES.map((name) => {
          const [min, max] = SETTING_BOUNDS[name];
          return (
            <Field
              key={name}
              label={t(`retention.fields.${name}`)}
              error={misfits.includes(name) ? t("retention.between", { min, max }) : undefined}
            >
              <Input
                inputMode="numeric"
                disabled={disabled}
                value={shown(name)}
                onChange={(event) => setEdits({ ...edits, [name]: event.target.value.trim() })}
              />
            </Field>
          );
        })}
      </div>
      {!disabled && (
        <div>
          <Button type="submit" tone="primary" busy={busy} disabled={misfits.length > 0}>
            {t("save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function fits(name: NumberName, text: string): boolean {
  const [min, max] = SETTING_BOUNDS[name];
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
}

function AuditFields({ disabled }: { readonly disabled: boolean }) {
  const t = useTranslations("settings");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const kept = useQuery(trpc.audit.retention.queryOptions());
  const [edit, setEdit] = useState<string>();
  const set = useMutation(
    trpc.audit.setRetention.mutationOptions({
      onSuccess: async () => {
        setEdit(undefined);
        await queries.invalidateQueries(trpc.audit.pathFilter());
        toast({ text: t("saved") });
      },
    }),
  );
  if (kept.data === undefined) return <SkeletonRows bare rows={1} />;
  const shown = edit ?? String(kept.data.days ?? "");
  const isNumber = shown === "" || /^\d{1,5}$/.test(shown);
  return (
    <form
      className="flex max-w-lg flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNumber) set.mutate(shown === "" ? {} : { days: Number(shown) });
      }}
    >
      <RefusalNotice error={set.error} />
      <Field
        label={t("retention.auditDays")}
        hint={t("retention.auditDaysHint")}
        error={isNumber ? undefined : t("retention.between", { min: 7, max: 3650 })}
      >
        <Input
          inputMode="numeric"
          className="max-w-40"
          disabled={disabled}
          value={shown}
          placeholder={t("retention.forever")}
          onChange={(event) => setEdit(event.target.value.trim())}
        />
      </Field>
      {!disabled && (
        <div>
          <Button type="submit" tone="primary" busy={set.isPending} disabled={!isNumber}>
            {t("save")}
          </Button>
        </div>
      )}
    </form>
  );
}
