"use client";

import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useSession } from "../../client/session.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

const PASSWORD_LENGTH_MIN = 10;

type State = "idle" | "busy" | "done" | "wrong" | "short" | "long" | "common" | "weak" | "away";

/** A new password of one's own; it ends all other sessions. */
export function PasswordForm() {
  const t = useTranslations("settings");
  const problems = useTranslations("people.accept.failures");
  const session = useSession();
  const [state, setState] = useState<State>("idle");

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
    setState(await stateOf(answer));
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
        error={isProblem(state) ? problems(state) : undefined}
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

async function stateOf(answer: Response | undefined): Promise<State> {
  if (answer?.ok) return "done";
  if (answer === undefined || answer.status >= 500) return "away";
  const body: unknown = await answer.json().catch(() => undefined);
  const code = typeof body === "object" && body !== null && "code" in body ? String(body.code) : "";
  const problem = code.replace("PASSWORD_", "").toLowerCase();
  return isProblem(problem) ? problem : "wrong";
}

function isProblem(text: string): text is "short" | "long" | "common" | "weak" {
  return ["short", "long", "common", "weak"].includes(text);
}
