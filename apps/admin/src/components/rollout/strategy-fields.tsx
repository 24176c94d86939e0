"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { ProbeFields } from "./probe-fields.tsx";
import type { StrategyForm, StrategyProblems } from "./read-strategy.ts";

export interface StrategyFieldsProps {
  readonly form: StrategyForm;
  readonly problems: StrategyProblems;
  readonly onChange: (form: StrategyForm) => void;
}

/** Whose nodes get a version, who of them first, and what happens when it goes wrong. */
export function StrategyFields({ form, problems, onChange }: StrategyFieldsProps) {
  const t = useTranslations("rollout.strategy");
  const probes = useTranslations("rollout.probe");
  const trpc = useTRPC();
  const groups = useQuery(trpc.group.list.queryOptions());
  const set = (change: Partial<StrategyForm>) => onChange({ ...form, ...change });
  const chosen = groups.data?.find(({ name }) => name === form.group);
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="sr-only">{t("title")}</legend>
      {groups.data !== undefined && (groups.data.length > 1 || chosen?.frozen !== undefined) && (
        <Field
          label={t("group")}
          error={chosen?.frozen && t("frozen", { by: chosen.frozen.by, reason: chosen.frozen.reason })}
        >
          <Select value={form.group} onChange={(event) => set({ group: event.target.value })}>
            {groups.data.map(({ name, nodes }) => (
              <option key={name} value={name}>
                {t("groupOption", { name, count: nodes })}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label={t("how")}>
        <Select value={form.how} onChange={(event) => set({ how: howOf(event.target.value) })}>
          <option value="all">{t("all")}</option>
          <option value="share">{t("share")}</option>
          <option value="labels">{t("labels")}</option>
        </Select>
      </Field>
      {form.how !== "all" && <GradualFields form={form} problems={problems} set={set} />}
      <Field
        label={probes("title")}
        hint={chosen?.probe && `${chosen.probe.method} ${chosen.probe.url} → ${chosen.probe.listener}`}
      >
        <Select value={form.probes} onChange={(event) => set({ probes: probesOf(event.target.value) })}>
          <option value="group">{probes(chosen?.probe === undefined ? "groupNone" : "group")}</option>
          <option value="own">{probes("own")}</option>
          {chosen?.probe !== undefined && <option value="none">{probes("none")}</option>}
        </Select>
      </Field>
      {form.probes === "own" && (
        <ProbeFields form={form.probe} problems={problems.probe ?? {}} onChange={(probe) => set({ probe })} />
      )}
    </fieldset>
  );
}

function GradualFields({
  form,
  problems,
  set,
}: Omit<StrategyFieldsProps, "onChange"> & { readonly set: (change: Partial<StrategyForm>) => void }) {
  const t = useTranslations("rollout.strategy");
  return (
    <>
      {form.how === "share" ? (
        <Field label={t("percent")} hint={t("percentHint")} error={problems.percent && t("percentError")}>
          <Input
            inputMode="decimal"
            value={form.percent}
            onChange={(event) => set({ percent: event.target.value })}
          />
        </Field>
      ) : (
        <Field label={t("selector")} hint={t("selectorHint")} error={problems.selector}>
          <Input
            className="font-mono"
            value={form.selector}
            onChange={(event) => set({ selector: event.target.value })}
          />
        </Field>
      )}
      <Field label={t("more")} hint={t("moreHint")} error={problems.more && t("moreError")}>
        <Input value={form.more} onChange={(event) => set({ more: event.target.value })} />
      </Field>
      <Field label={t("wait")} hint={t("waitHint")} error={problems.waitSeconds && t("waitError")}>
        <Input
          inputMode="numeric"
          value={form.waitSeconds}
          onChange={(event) => set({ waitSeconds: event.target.value })}
        />
      </Field>
      <Field label={t("promote")}>
        <Select
          value={form.promote}
          onChange={(event) => set({ promote: event.target.value === "manual" ? "manual" : "automatic" })}
        >
          <option value="automatic">{t("automatic")}</option>
          <option value="manual">{t("manual")}</option>
        </Select>
      </Field>
      <Field label={t("failure")}>
        <Select
          value={form.onFailure}
          onChange={(event) => set({ onFailure: failureOf(event.target.value) })}
        >
          <option value="revert">{t("revert")}</option>
          <option value="pause">{t("pause")}</option>
          <option value="keep">{t("keep")}</option>
        </Select>
      </Field>
    </>
  );
}

function howOf(value: string): StrategyForm["how"] {
  return value === "share" || value === "labels" ? value : "all";
}

function probesOf(value: string): StrategyForm["probes"] {
  return value === "own" || value === "none" ? value : "group";
}

function failureOf(value: string): StrategyForm["onFailure"] {
  return value === "pause" || value === "keep" ? value : "revert";
}
