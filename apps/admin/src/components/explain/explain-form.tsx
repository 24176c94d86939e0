"use client";

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select, Textarea } from "../ui/input.tsx";
import {
  type ExplainField,
  type ExplainForm,
  explainQuery,
  type FormProblem,
  METHODS,
} from "./explain-query.ts";

export interface ExplainRequestFormProps {
  readonly initial: ExplainForm;
  readonly busy: boolean;
  readonly onSubmit: (form: ExplainForm) => void;
}

/** The request builder. Enter in any line, or Ctrl+Enter in the headers, asks. */
export function ExplainRequestForm({ initial, busy, onSubmit }: ExplainRequestFormProps) {
  const t = useTranslations("explain");
  const trpc = useTRPC();
  const versions = useQuery(trpc.version.list.queryOptions({ limit: 50 }));
  const [form, setForm] = useState(initial);
  const [problem, setProblem] = useState<FormProblem>();
  const bind = (field: ExplainField) => ({
    value: form[field],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setForm({ ...form, [field]: event.target.value }),
  });
  function submit(event?: FormEvent): void {
    event?.preventDefault();
    const query = explainQuery(form);
    setProblem(typeof query === "string" ? query : undefined);
    if (typeof query !== "string") onSubmit(form);
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-[6rem_minmax(0,1fr)]">
        <Field label={t("form.method")}>
          <Select {...bind("method")}>
            {!METHODS.some((name) => name === form.method) && <option>{form.method}</option>}
            {METHODS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
        <Field
          label={t("form.url")}
          hint={t("form.urlHint")}
          error={problem === "url" ? t("form.urlNeeded") : undefined}
          required
        >
          <Input {...bind("url")} data-search="" placeholder="http://shop.example/items?q=1" />
        </Field>
      </div>
      <Field
        label={t("form.headers")}
        hint={t("form.headersHint")}
        error={problem === "headers" ? t("form.headersForm") : undefined}
      >
        <Textarea
          {...bind("headers")}
          rows={3}
          className="font-mono"
          placeholder="x-tenant: a"
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
          }}
        />
      </Field>
      <Field label={t("form.source")}>
        <Select {...bind("source")}>
          <option value="draft">{t("form.draft")}</option>
          <option value="live">{t("form.live")}</option>
          {versions.data?.versions.map(({ number, message }) => (
            <option key={number} value={number}>
              {t("version", { number })} · {message.slice(0, 60)}
            </option>
          ))}
        </Select>
      </Field>
      <details open={[form.listener, form.ip, form.sni, form.alpn].some((text) => text !== "") || undefined}>
        <summary className="cursor-pointer text-sm text-muted">{t("form.connection")}</summary>
        <div className="mt-3 grid gap-4 sm:grid-cols-2">
          <Field label={t("form.listener")} hint={t("form.listenerHint")}>
            <Input {...bind("listener")} />
          </Field>
          <Field label={t("form.ip")} hint={t("form.ipHint")}>
            <Input {...bind("ip")} />
          </Field>
          <Field label={t("form.sni")} hint={t("form.sniHint")}>
            <Input {...bind("sni")} />
          </Field>
          <Field label={t("form.alpn")} hint={t("form.alpnHint")}>
            <Input {...bind("alpn")} />
          </Field>
        </div>
      </details>
      <div>
        <Button type="submit" tone="primary" icon="explain" busy={busy}>
          {t("form.submit")}
        </Button>
      </div>
    </form>
  );
}
