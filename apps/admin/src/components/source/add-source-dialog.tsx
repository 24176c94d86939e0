"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select, Textarea } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

/** A new source, with what it takes to reach it; its webhook's secret is shown once. */
export function AddSourceDialog({
  open,
  onOpenChange,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("source");
  const trpc = useTRPC();
  const [kind, setKind] = useState<"git" | "directory">("git");
  const [winner, setWinner] = useState<"source" | "ui">("source");
  const add = useMutation(trpc.source.add.mutationOptions());

  function close(): void {
    add.reset();
    onOpenChange(false);
  }

  function submit(form: FormData): void {
    const text = (name: string): string | undefined => String(form.get(name) ?? "") || undefined;
    add.mutate({
      name: text("name") ?? "",
      kind,
      location: text("location") ?? "",
      ref: text("ref"),
      path: text("path"),
      winner,
      apply: form.get("apply") === "automatic" ? "automatic" : "manual",
      intervalMs: Math.round(Number(form.get("interval") ?? 60) * 1000),
      credentials: {
        username: text("username"),
        password: text("password"),
        privateKey: text("privateKey"),
        knownHosts: text("knownHosts"),
      },
    });
  }

  return (
    <Dialog open={open} onOpenChange={(next) => !next && close()} title={t("add")}>
      {add.data ? (
        <div className="flex flex-col gap-4">
          <Notice tone="ok" title={t("added", { name: add.data.name })}>
            {t("webhookHint", { path: `/api/webhook/source/${add.data.name}` })}
          </Notice>
          <CodeBlock code={add.data.webhookSecret} label={t("webhookSecret")} />
          <div className="flex justify-end">
            <Button tone="primary" onClick={close}>
              {t("done")}
            </Button>
          </div>
        </div>
      ) : (
        <DialogForm
          submit={t("add")}
          busy={add.isPending}
          error={add.error}
          onSubmit={submit}
          onCancel={close}
        >
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t("fields.name")} hint={t("fields.nameHint")} required>
              <Input name="name" required maxLength={63} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" />
            </Field>
            <Field label={t("fields.kind")}>
              <Select
                value={kind}
                onChange={(event) => setKind(event.target.value === "git" ? "git" : "directory")}
              >
                <option value="git">{t("kinds.git")}</option>
                <option value="directory">{t("kinds.directory")}</option>
              </Select>
            </Field>
          </div>
          <Field label={t("fields.location")} hint={t(`locationHints.${kind}`)} required>
            <Input name="location" required maxLength={4096} />
          </Field>
          <div className="grid gap-4 sm:grid-cols-3">
            {kind === "git" && (
              <Field label={t("fields.ref")} hint={t("fields.refHint")}>
                <Input name="ref" maxLength={250} />
              </Field>
            )}
            <Field label={t("fields.path")} hint={t("fields.pathHint")}>
              <Input name="path" maxLength={1024} />
            </Field>
            <Field label={t("fields.interval")} hint={t("fields.intervalHint")}>
              <Input name="interval" type="number" min={10} max={86400} defaultValue={60} />
            </Field>
          </div>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label={t("fields.winner")} hint={t(`winnerHints.${winner}`)}>
              <Select
                value={winner}
                onChange={(event) => setWinner(event.target.value === "ui" ? "ui" : "source")}
              >
                <option value="source">{t("winners.source")}</option>
                <option value="ui">{t("winners.ui")}</option>
              </Select>
            </Field>
            <Field label={t("fields.apply")} hint={t("fields.applyHint")}>
              <Select name="apply" defaultValue="manual">
                <option value="manual">{t("applies.manual")}</option>
                {winner === "source" && <option value="automatic">{t("applies.automatic")}</option>}
              </Select>
            </Field>
          </div>
          {kind === "git" && (
            <details className="rounded-md border border-line px-3 py-2">
              <summary className="cursor-pointer text-sm font-medium">{t("credentials")}</summary>
              <div className="mt-3 flex flex-col gap-4">
                <div className="grid gap-4 sm:grid-cols-2">
                  <Field label={t("fields.username")}>
                    <Input name="username" />
                  </Field>
                  <Field label={t("fields.password")} hint={t("fields.passwordHint")}>
                    <Input name="password" type="password" autoComplete="new-password" />
                  </Field>
                </div>
                <Field label={t("fields.privateKey")}>
                  <Textarea name="privateKey" rows={3} className="font-mono text-xs" />
                </Field>
                <Field label={t("fields.knownHosts")} hint={t("fields.knownHostsHint")}>
                  <Textarea name="knownHosts" rows={2} className="font-mono text-xs" />
                </Field>
              </div>
            </details>
          )}
        </DialogForm>
      )}
    </Dialog>
  );
}
