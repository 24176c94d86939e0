"use client";

import { useTheme } from "next-themes";
import { type FormEvent, useEffect, useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useSession } from "../../client/session.tsx";
import { setLocale } from "../../client/set-locale.ts";
import { LOCALE_NAMES, LOCALES } from "../../i18n/locale.ts";
import { FormSection } from "../form/form-section.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";

const PASSWORD_LENGTH_MIN = 10;
const THEMES = ["system", "light", "dark"] as const;

/** One's own account: language, theme, password. */
export function SettingsPage() {
  const t = useTranslations("settings");
  const shell = useTranslations("shell");
  const session = useSession();
  const roleName = useRoleName();
  const locale = useLocale();
  const { theme, setTheme } = useTheme();
  const [mounted, setMounted] = useState(false);
  useEffect(() => setMounted(true), []);
  return (
    <>
      <PageHeader
        title={t("title")}
        description={`${session.name} · ${session.email} · ${roleName(session.role)}`}
      />
      <div className="border-t border-line px-6 max-sm:px-4">
        <FormSection title={t("appearance")} description={t("appearanceHint")}>
          <div className="grid max-w-lg gap-4 sm:grid-cols-2">
            <Field label={t("language")}>
              <Select
                value={locale}
                onChange={(event) => {
                  const chosen = LOCALES.find((name) => name === event.target.value);
                  if (chosen) setLocale(chosen);
                }}
              >
                {LOCALES.map((name) => (
                  <option key={name} value={name}>
                    {LOCALE_NAMES[name]}
                  </option>
                ))}
              </Select>
            </Field>
            <Field label={t("theme")}>
              <Select
                value={mounted ? (theme ?? "system") : "system"}
                onChange={(event) => setTheme(event.target.value)}
              >
                {THEMES.map((name) => (
                  <option key={name} value={name}>
                    {shell(`theme.${name}`)}
                  </option>
                ))}
              </Select>
            </Field>
          </div>
        </FormSection>
        <FormSection title={t("api.title")} description={t("api.hint")}>
          <div>
            <LinkButton href="/api-docs">{t("api.open")}</LinkButton>
          </div>
        </FormSection>
        <FormSection title={t("password")} description={t("passwordHint")}>
          <PasswordForm />
        </FormSection>
      </div>
    </>
  );
}

function PasswordForm() {
  const t = useTranslations("settings");
  const session = useSession();
  const [state, setState] = useState<"idle" | "busy" | "done" | "wrong" | "short" | "away">("idle");

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const newPassword = String(form.get("new") ?? "");
    if (newPassword.length < PASSWORD_LENGTH_MIN) {
      setState("short");
      return;
    }
    setState("busy");
    const answer = await fetch("/api/auth/change-password", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ currentPassword: form.get("current"), newPassword, revokeOtherSessions: true }),
    }).catch(() => undefined);
    setState(answer?.ok ? "done" : answer && answer.status < 500 ? "wrong" : "away");
    if (answer?.ok) element.reset();
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex max-w-sm flex-col gap-4">
      {state === "done" && <Notice tone="ok">{t("passwordChanged")}</Notice>}
      {state === "away" && <Notice tone="bad">{t("away")}</Notice>}
      <input type="text" name="username" autoComplete="username" value={session.email} readOnly hidden />
      <Field label={t("currentPassword")} required error={state === "wrong" ? t("wrongPassword") : undefined}>
        <Input type="password" name="current" autoComplete="current-password" required />
      </Field>
      <Field
        label={t("newPassword")}
        hint={t("lengthHint", { min: PASSWORD_LENGTH_MIN })}
        required
        error={state === "short" ? t("tooShort", { min: PASSWORD_LENGTH_MIN }) : undefined}
      >
        <Input type="password" name="new" autoComplete="new-password" required />
      </Field>
      <div>
        <Button type="submit" busy={state === "busy"}>
          {t("changePassword")}
        </Button>
      </div>
    </form>
  );
}
