"use client";

import { type FormEvent, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { Wordmark } from "../../components/shell/wordmark.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Field } from "../../components/ui/field.tsx";
import { Input } from "../../components/ui/input.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { SkeletonRows } from "../../components/ui/skeleton.tsx";
import type { ShownInvitation } from "../../server/people/accept-invitation.ts";

type Answer<T> = { readonly body: T } | { readonly code: string; readonly details: unknown };

/** What an invitation or a reset link opens. The token is behind the #, so that no log and no other site learns it. */
export function AcceptForm() {
  const t = useTranslations("people.accept");
  const [token, setToken] = useState("");
  const [shown, setShown] = useState<ShownInvitation | "gone" | "away">();
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    const secret = window.location.hash.slice(1);
    setToken(secret);
    void post<ShownInvitation>("show", { token: secret }).then((answer) =>
      setShown("body" in answer ? answer.body : answer.code === "not_found" ? "gone" : "away"),
    );
  }, []);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get("password") ?? "");
    if (password !== form.get("again")) return setFailure("different");
    setBusy(true);
    setFailure(undefined);
    const answer = await post("accept", { token, name: form.get("name") ?? undefined, password });
    if ("body" in answer) return window.location.assign("/sign-in");
    setBusy(false);
    if (answer.code === "not_found") setShown("gone");
    else setFailure(passwordCode(answer.details) ?? "away");
  }

  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-80">
        <Wordmark />
        <h1 className="mt-6 mb-4 text-xl font-semibold tracking-tight">{t("title")}</h1>
        {shown === undefined ? (
          <SkeletonRows bare />
        ) : typeof shown === "string" ? (
          <Notice tone="bad">{t(shown)}</Notice>
        ) : (
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            <p className="text-sm text-muted">{t(`for.${shown.kind}`, { email: shown.email })}</p>
            <input type="text" name="username" autoComplete="username" value={shown.email} readOnly hidden />
            {shown.kind === "account" && (
              <Field label={t("name")}>
                <Input name="name" defaultValue={shown.name} maxLength={100} autoComplete="name" />
              </Field>
            )}
            <Field label={t("password")} hint={t("hint")} error={failure && t(`failures.${failure}`)}>
              <Input name="password" type="password" autoComplete="new-password" required autoFocus />
            </Field>
            <Field label={t("again")}>
              <Input name="again" type="password" autoComplete="new-password" required />
            </Field>
            <Button type="submit" tone="primary" busy={busy}>
              {t(`submit.${shown.kind}`)}
            </Button>
          </form>
        )}
      </div>
    </main>
  );
}

async function post<T>(operation: "show" | "accept", input: object): Promise<Answer<T>> {
  const answer = await fetch(`/api/v1/invitation/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
  }).catch(() => undefined);
  const body: unknown = await answer?.json().catch(() => undefined);
  if (answer?.ok) return { body: body as T };
  const error = (body as { error?: { code: string; details?: unknown } } | undefined)?.error;
  return { code: error?.code ?? "away", details: error?.details };
}

function passwordCode(details: unknown): string | undefined {
  return typeof details === "object" && details !== null && "password" in details
    ? String(details.password)
    : undefined;
}
