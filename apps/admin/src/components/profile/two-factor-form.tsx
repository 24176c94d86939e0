"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { QrCode } from "../ui/qr-code.tsx";

interface Begun {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

/** Switches one-time passwords of an authenticator app on and off. It is on only once a first code was right. */
export function TwoFactorForm() {
  const t = useTranslations("profile.twoFactor");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const state = useQuery(trpc.session.twoFactor.queryOptions());
  const [begun, setBegun] = useState<Begun>();
  const [failure, setFailure] = useState<"wrongPassword" | "wrongCode" | "lastApp" | "away">();
  const [busy, setBusy] = useState(false);

  async function send<T>(
    path: string,
    body: object,
    wrong: "wrongPassword" | "wrongCode",
  ): Promise<T | undefined> {
    setBusy(true);
    setFailure(undefined);
    const answer = await fetch(`/api/auth/two-factor/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    setBusy(false);
    if (answer?.ok) return (await answer.json()) as T;
    setFailure(
      answer === undefined || answer.status >= 500 ? "away" : answer.status === 403 ? "lastApp" : wrong,
    );
    return undefined;
  }

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (begun !== undefined) {
      const code = String(form.get("code")).replaceAll(" ", "");
      if ((await send("verify-totp", { code }, "wrongCode")) === undefined) return;
      setBegun(undefined);
    } else {
      const path = state.data?.enabled ? "disable" : "enable";
      const made = await send<Begun>(path, { password: form.get("password") }, "wrongPassword");
      if (path === "enable") return setBegun(made);
    }
    await queries.invalidateQueries(trpc.session.pathFilter());
  }

  if (state.data === undefined) return null;
  const secret = begun && new URL(begun.totpURI).searchParams.get("secret");
  return (
    <form onSubmit={(event) => void submit(event)} className="flex max-w-sm flex-col gap-4">
      {failure && <Notice tone="bad">{t(failure)}</Notice>}
      <p className="text-sm text-muted">{t(state.data.enabled ? "isOn" : "isOff")}</p>
      {begun === undefined ? (
        <Field label={t("password")} required>
          <Input key="password" type="password" name="password" autoComplete="current-password" required />
        </Field>
      ) : (
        <>
          <p className="text-sm">{t("setUp")}</p>
          <QrCode text={begun.totpURI} label={t("qrCode")} />
          <p className="text-sm">{t("byHand")}</p>
          <CodeBlock code={secret ?? ""} label={t("secret")} />
          <a href={begun.totpURI} className="text-sm text-accent underline">
            {t("openApp")}
          </a>
          <p className="text-sm">{t("backupHint")}</p>
          <CodeBlock code={begun.backupCodes.join("\n")} label={t("backupCodes")} />
          <Field label={t("code")} required>
            <Input key="code" name="code" inputMode="numeric" autoComplete="one-time-code" required />
          </Field>
        </>
      )}
      <div>
        <Button type="submit" busy={busy}>
          {t(begun !== undefined ? "confirm" : state.data.enabled ? "turnOff" : "turnOn")}
        </Button>
      </div>
    </form>
  );
}
