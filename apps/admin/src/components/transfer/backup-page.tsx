"use client";

import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { FormSection } from "../form/form-section.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { TransferLinks } from "./transfer-links.tsx";

const PASSPHRASE_LENGTH_MIN = 12;

/** The whole appliance as a file, and back. The browser streams both: neither is held in memory. */
export function BackupPage() {
  const t = useTranslations("transfer");
  const may = useMay();
  const whole = may("settings.manage") && may("people.manage") && may("secret.manage");
  return (
    <>
      <PageHeader title={t("backup.title")} description={t("backup.description")} />
      <TransferLinks />
      <div className="px-6 pb-10 max-sm:px-4">
        {whole ? (
          <>
            <FormSection title={t("backup.make")} description={t("backup.makeHint")}>
              {/* A plain form: the answer is a file that the browser saves as it comes. */}
              <form method="post" action="/api/backup" className="flex max-w-sm flex-col gap-4">
                <Field
                  label={t("backup.passphrase")}
                  hint={t("backup.passphraseHint", { min: PASSPHRASE_LENGTH_MIN })}
                  required
                >
                  <Input
                    type="password"
                    name="passphrase"
                    autoComplete="new-password"
                    minLength={PASSPHRASE_LENGTH_MIN}
                    required
                  />
                </Field>
                <div>
                  <Button type="submit" tone="primary" icon="download">
                    {t("backup.download")}
                  </Button>
                </div>
              </form>
            </FormSection>
            <FormSection title={t("backup.restore")} description={t("backup.restoreHint")}>
              <RestoreForm />
            </FormSection>
          </>
        ) : (
          <Notice tone="info">{t("backup.adminsOnly")}</Notice>
        )}
      </div>
    </>
  );
}

function RestoreForm() {
  const t = useTranslations("transfer");
  const [state, setState] = useState<"idle" | "busy" | "done">("idle");
  const [failed, setFailed] = useState("");

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const file = form.get("file");
    if (!(file instanceof File)) return;
    setState("busy");
    setFailed("");
    const passphrase = new TextEncoder().encode(String(form.get("passphrase") ?? ""));
    const answer = await fetch("/api/restore", {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        "sluice-passphrase": base64Url(passphrase),
      },
      body: file,
    }).catch(() => undefined);
    setState(answer?.ok ? "done" : "idle");
    if (answer?.ok) return;
    const body = (await answer?.json().catch(() => undefined)) as
      | { error?: { message?: string } }
      | undefined;
    setFailed(body?.error?.message ?? t("away"));
  }

  if (state === "done")
    return (
      <Notice tone="ok" title={t("backup.restored")}>
        {t("backup.restoredHint")}
      </Notice>
    );
  return (
    <form className="flex max-w-sm flex-col gap-4" onSubmit={(event) => void submit(event)}>
      {failed !== "" && <Notice tone="bad">{failed}</Notice>}
      <Field label={t("backup.file")} required>
        <input
          type="file"
          name="file"
          required
          className="text-sm file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-surface file:px-3 file:text-ink hover:file:bg-hover"
        />
      </Field>
      <Field label={t("backup.passphrase")} required>
        <Input
          type="password"
          name="passphrase"
          autoComplete="off"
          minLength={PASSPHRASE_LENGTH_MIN}
          required
        />
      </Field>
      <div>
        <Button type="submit" busy={state === "busy"}>
          {t("backup.start")}
        </Button>
      </div>
    </form>
  );
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
