"use client";

import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { Wordmark } from "../../components/shell/wordmark.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Field } from "../../components/ui/field.tsx";
import { Input } from "../../components/ui/input.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { CodeForm } from "./code-form.tsx";
import { localPath } from "./local-path.ts";

type Failure = "wrong" | "tooMany" | "unreachable";

export function SignInForm({ next }: { readonly next: string }) {
  const t = useTranslations("signIn");
  const [failure, setFailure] = useState<Failure>();
  const [waitSeconds, setWaitSeconds] = useState(0);
  const [busy, setBusy] = useState(false);
  const [codeWanted, setCodeWanted] = useState(false);
  const enter = () => window.location.assign(localPath(next));

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(undefined);
    const answer = await fetch("/api/auth/sign-in/email", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: form.get("email"), password: form.get("password") }),
    }).catch(() => undefined);
    if (answer?.ok) {
      const body = (await answer.json()) as { readonly twoFactorRedirect?: boolean };
      return body.twoFactorRedirect === true ? setCodeWanted(true) : enter();
    }
    setBusy(false);
    setWaitSeconds(Number(answer?.headers.get("retry-after") ?? 0));
    setFailure(
      answer === undefined || answer.status >= 500
        ? "unreachable"
        : answer.status === 429
          ? "tooMany"
          : "wrong",
    );
  }

  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-80">
        <Wordmark />
        <h1 className="mt-6 mb-4 text-xl font-semibold tracking-tight">{t("title")}</h1>
        {codeWanted ? (
          <CodeForm onDone={enter} />
        ) : (
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            {failure && (
              <Notice tone="bad">
                {t(`failures.${failure}`, { minutes: Math.max(1, Math.ceil(waitSeconds / 60)) })}
              </Notice>
            )}
            <Field label={t("email")}>
              <Input name="email" type="email" autoComplete="username" required autoFocus />
            </Field>
            <Field label={t("password")}>
              <Input name="password" type="password" autoComplete="current-password" required />
            </Field>
            <Button type="submit" tone="primary" busy={busy}>
              {t("submit")}
            </Button>
          </form>
        )}
        <p className="mt-6 text-xs text-faint">{t("help")}</p>
      </div>
    </main>
  );
}
