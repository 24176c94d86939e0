"use client";

import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../../components/ui/button.tsx";
import { Field } from "../../components/ui/field.tsx";
import { Input } from "../../components/ui/input.tsx";
import { Notice } from "../../components/ui/notice.tsx";

export interface CodeFormProps {
  readonly onDone: () => void;
  /** The password has to be given again: the code was used before, or it took too long, or too many tries. */
  readonly onLost: (why: "codeUsed" | "codeLate") => void;
}

const LOST: Readonly<Record<string, "codeUsed" | "codeLate">> = {
  CODE_USED: "codeUsed",
  INVALID_TWO_FACTOR_COOKIE: "codeLate",
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: "codeLate",
};

/** The second factor: a code of the app, or one of the backup codes. */
export function CodeForm({ onDone, onLost }: CodeFormProps) {
  const t = useTranslations("signIn");
  const [failure, setFailure] = useState<"wrongCode" | "unreachable">();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).replaceAll(" ", "");
    setBusy(true);
    setFailure(undefined);
    const path = /^\d{6}$/.test(code) ? "verify-totp" : "verify-backup-code";
    const answer = await fetch(`/api/auth/two-factor/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    }).catch(() => undefined);
    if (answer?.ok) return onDone();
    const { code: said = "" } = ((await answer?.json().catch(() => undefined)) ?? {}) as { code?: string };
    const lost = LOST[said];
    if (lost !== undefined) return onLost(lost);
    setBusy(false);
    setFailure(answer === undefined || answer.status >= 500 ? "unreachable" : "wrongCode");
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure && <Notice tone="bad">{t(`failures.${failure}`)}</Notice>}
      <Field label={t("code")} hint={t("codeHint")}>
        <Input name="code" autoComplete="one-time-code" required autoFocus />
      </Field>
      <Button type="submit" tone="primary" busy={busy}>
        {t("submit")}
      </Button>
    </form>
  );
}
