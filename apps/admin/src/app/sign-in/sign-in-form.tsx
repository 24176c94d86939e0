"use client";

import { type FormEvent, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import type { PasskeyOutcome } from "../../client/passkey.ts";
import { Wordmark } from "../../components/shell/wordmark.tsx";
import { Button } from "../../components/ui/button.tsx";
import { Field } from "../../components/ui/field.tsx";
import { Input } from "../../components/ui/input.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import type { SignOnChoices } from "../../server/sign-on/sign-on-contract.ts";
import { CodeForm } from "./code-form.tsx";
import { localPath } from "./local-path.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { SignOnButtons } from "./sign-on-buttons.tsx";
import { SignOnNotice } from "./sign-on-notice.tsx";

type Failure =
  | "wrong"
  | "tooMany"
  | "unreachable"
  | "disabled"
  | "passwordOff"
  | "passkeyNeeded"
  | "passkeyCancelled"
  | "passkeyRefused"
  | "codeUsed"
  | "codeLate";

const PASSKEY_FAILURES: Readonly<Record<Exclude<PasskeyOutcome, "done">, Failure>> = {
  cancelled: "passkeyCancelled",
  refused: "passkeyRefused",
  stale: "passkeyRefused",
  tooMany: "tooMany",
  disabled: "disabled",
  away: "unreachable",
};

const REFUSALS: Readonly<Record<string, Failure>> = {
  ACCOUNT_DISABLED: "disabled",
  PASSWORD_SIGN_IN_OFF: "passwordOff",
  PASSKEY_NEEDED: "passkeyNeeded",
};

/** @param error of a sign-on that came back without success */
export function SignInForm({ next, error }: { readonly next: string; readonly error: string | undefined }) {
  const t = useTranslations("signIn");
  const [failure, setFailure] = useState<Failure>();
  const [waitSeconds, setWaitSeconds] = useState(0);
  const [busy, setBusy] = useState(false);
  const [codeWanted, setCodeWanted] = useState(false);
  const [choices, setChoices] = useState<SignOnChoices>();
  const [signOnError, setSignOnError] = useState(error);
  useEffect(() => {
    void fetch("/api/v1/signOn/choices")
      .then(async (answer) => (answer.ok ? setChoices((await answer.json()) as SignOnChoices) : undefined))
      .catch(() => undefined);
  }, []);
  const enter = () => window.location.assign(localPath(next));

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(undefined);
    setSignOnError(undefined);
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
    const code =
      answer?.status === 403 ? ((await answer.json()) as { readonly code?: string }).code : undefined;
    setWaitSeconds(Number(answer?.headers.get("retry-after") ?? 0));
    setFailure(
      answer === undefined || answer.status >= 500
        ? "unreachable"
        : answer.status === 429
          ? "tooMany"
          : (REFUSALS[code ?? ""] ?? "wrong"),
    );
  }

  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-80">
        <Wordmark />
        <h1 className="mt-6 mb-4 text-xl font-semibold tracking-tight">{t("title")}</h1>
        {codeWanted ? (
          <CodeForm
            onDone={enter}
            onLost={(why) => {
              setCodeWanted(false);
              setBusy(false);
              setFailure(why);
            }}
          />
        ) : (
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            {signOnError !== undefined && <SignOnNotice error={signOnError} />}
            <SignOnButtons
              providers={choices?.providers ?? []}
              next={localPath(next)}
              onFailure={setSignOnError}
            />
            {choices?.passwordSignIn === "administrators" && (
              <p className="text-xs text-faint">{t("administratorsOnly")}</p>
            )}
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
            <PasskeyButton
              onDone={(outcome) => {
                setSignOnError(undefined);
                if (outcome === "done") enter();
                else setFailure(outcome && PASSKEY_FAILURES[outcome]);
              }}
            />
          </form>
        )}
        <p className="mt-6 text-xs text-faint">{t("help")}</p>
      </div>
    </main>
  );
}
