"use client";

import type { ExplainInput, RequestExplanation, RouteExpectation } from "@sluice/config";
import { whatCame } from "@sluice/config/browser";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { useToast } from "../ui/toast.tsx";

const FIELDS = ["listener", "virtualHost", "route", "cluster", "status", "location"] as const;

/** Keeps the request that was explained, with those parts of its way that must stay so. */
export function KeepAsTest({
  asked,
  found,
}: {
  readonly asked: ExplainInput;
  readonly found: RequestExplanation;
}) {
  const t = useTranslations("explain.tests");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const came = whatCame(found);
  const offered = FIELDS.filter((field) => came[field] !== undefined);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const kept = offered.filter((field) => !left.has(field));
  const put = useMutation({
    ...trpc.routeTest.put.mutationOptions(),
    onSuccess: async (stored) => {
      setOpen(false);
      toast({ text: t("kept", { name: stored.name }) });
      await queries.invalidateQueries(trpc.routeTest.pathFilter());
    },
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() === "" || kept.length === 0) return;
    const { source: _, ...request } = asked;
    const expect = Object.fromEntries(kept.map((field) => [field, came[field]])) as RouteExpectation;
    put.mutate({ ...request, alpn: request.alpn && [...request.alpn], name: name.trim(), expect });
  }
  if (offered.length === 0) return null;
  return (
    <>
      <div>
        <Button
          size="sm"
          icon="check"
          onClick={() => {
            setName(`${asked.method} ${asked.url}`.slice(0, 200));
            setLeft(new Set());
            setOpen(true);
          }}
        >
          {t("keep")}
        </Button>
      </div>
      <Dialog open={open} onOpenChange={setOpen} title={t("keep")} description={t("keepHint")}>
        <form onSubmit={submit} className="flex flex-col gap-4">
          <RefusalNotice error={put.error} />
          <Field label={t("name")} required>
            <Input value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          </Field>
          <fieldset className="flex flex-col gap-1">
            <legend className="mb-1 text-sm font-medium">{t("mustStay")}</legend>
            {offered.map((field) => (
              <label key={field} className="flex items-center gap-2 text-sm">
                <input
                  type="checkbox"
                  checked={!left.has(field)}
                  onChange={() => setLeft(left.has(field) ? without(left, field) : new Set([...left, field]))}
                />
                <span className="w-28 text-muted">{t(`expect.${field}`)}</span>
                <code className="min-w-0 font-mono text-xs wrap-anywhere">{came[field]}</code>
              </label>
            ))}
          </fieldset>
          <div className="flex justify-end">
            <Button
              type="submit"
              tone="primary"
              busy={put.isPending}
              disabled={name.trim() === "" || kept.length === 0}
            >
              {t("keepSubmit")}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

function without(all: ReadonlySet<string>, gone: string): ReadonlySet<string> {
  return new Set([...all].filter((each) => each !== gone));
}
