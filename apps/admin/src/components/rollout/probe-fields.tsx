"use client";

import { PROBE_METHODS } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { type ChangeEvent, useId } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select, Textarea } from "../ui/input.tsx";
import type { ProbeForm, ProbeProblems } from "./read-probe.ts";

export interface ProbeFieldsProps {
  readonly form: ProbeForm;
  readonly problems: ProbeProblems;
  readonly onChange: (form: ProbeForm) => void;
}

/** The request that every node must answer before a step counts as done. */
export function ProbeFields({ form, problems, onChange }: ProbeFieldsProps) {
  const t = useTranslations("rollout.probe");
  const trpc = useTRPC();
  const list = useId();
  const listeners = useQuery(trpc.draft.names.queryOptions());
  const names = (listeners.data ?? []).filter(({ kind }) => kind === "listeners");
  const field = (name: keyof ProbeForm) => ({
    value: form[name],
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
      onChange({ ...form, [name]: event.target.value }),
  });
  // An empty form is not wrong yet: the button stays off.
  const error = (name: keyof ProbeForm) =>
    problems[name] && form[name] !== "" ? t(`${name}Error`) : undefined;
  return (
    <>
      <Field label={t("listener")} hint={t("listenerHint")} required>
        <Input list={list} {...field("listener")} />
      </Field>
      <datalist id={list}>
        {names.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="grid grid-cols-[7rem_minmax(0,1fr)] gap-2">
        <Field label={t("method")}>
          <Select {...field("method")}>
            {PROBE_METHODS.map((method) => (
              <option key={method}>{method}</option>
            ))}
          </Select>
        </Field>
        <Field label={t("url")} error={error("url")} required>
          <Input className="font-mono" placeholder="http://shop.example/health" {...field("url")} />
        </Field>
      </div>
      <Field label={t("statuses")} error={error("statuses")}>
        <Input {...field("statuses")} />
      </Field>
      <Field label={t("bodyContains")}>
        <Input {...field("bodyContains")} />
      </Field>
      <Field label={t("headers")} hint={t("headersHint")} error={error("headers")}>
        <Textarea rows={2} className="font-mono" {...field("headers")} />
      </Field>
      <div className="grid grid-cols-2 gap-2">
        <Field label={t("timeoutSeconds")} error={error("timeoutSeconds")}>
          <Input inputMode="decimal" {...field("timeoutSeconds")} />
        </Field>
        <Field label={t("attempts")} error={error("attempts")}>
          <Input inputMode="numeric" {...field("attempts")} />
        </Field>
      </div>
      <Field label={t("addresses")} hint={t("addressesHint")} error={error("addresses")}>
        <Textarea rows={2} className="font-mono" placeholder="edge-1=10.0.0.1:8080" {...field("addresses")} />
      </Field>
    </>
  );
}
