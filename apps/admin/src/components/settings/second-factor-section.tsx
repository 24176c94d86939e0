"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { FormSection } from "../form/form-section.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { useToast } from "../ui/toast.tsx";

/** Whether accounts with a password need a second factor, and how many have none yet. */
export function SecondFactorSection() {
  const t = useTranslations("signOn.secondFactor");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const may = useMay();
  const state = useQuery(trpc.signOn.list.queryOptions());
  const [required, setRequired] = useState<boolean>();
  const [graceDays, setGraceDays] = useState<string>();
  const change = useMutation({
    ...trpc.signOn.setSecondFactor.mutationOptions(),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => {
      setRequired(undefined);
      setGraceDays(undefined);
      toast({ text: t("saved") });
    },
  });
  const stored = state.data?.secondFactor;
  const wanted = required ?? stored?.required ?? false;
  const days = graceDays ?? String(stored?.graceDays ?? "");
  const lacking = stored?.lacking ?? 0;
  return (
    <FormSection title={t("title")} description={t("hint")}>
      <RefusalNotice error={change.error} />
      <Notice
        tone={lacking === 0 ? "ok" : wanted ? "warn" : "info"}
        action={
          lacking > 0 &&
          may("people.manage") && (
            <LinkButton size="sm" href="/people">
              {t("who")}
            </LinkButton>
          )
        }
      >
        {t("lacking", { count: lacking })}
      </Notice>
      <form
        className="flex max-w-sm flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ required: wanted, graceDays: Number(days) });
        }}
      >
        <Field label={t("field")} hint={t("fieldHint")}>
          <Select
            value={wanted ? "required" : "optional"}
            disabled={stored === undefined}
            onChange={({ target }) => setRequired(target.value === "required")}
          >
            <option value="optional">{t("choices.optional")}</option>
            <option value="required">{t("choices.required")}</option>
          </Select>
        </Field>
        {wanted && (
          <Field label={t("grace")} hint={t("graceHint")} required>
            <Input
              type="number"
              min={0}
              max={90}
              required
              value={days}
              onChange={({ target }) => setGraceDays(target.value)}
            />
          </Field>
        )}
        <div>
          <Button type="submit" busy={change.isPending} disabled={stored === undefined}>
            {t("save")}
          </Button>
        </div>
      </form>
    </FormSection>
  );
}
