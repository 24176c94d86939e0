"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { Person } from "../../server/people/person.ts";
import { Button } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { generatePassword } from "./generate-password.ts";

export interface ResetPasswordDialogProps {
  readonly person: Person | undefined;
  readonly onClose: () => void;
}

/** A new generated password, shown once; signs the person out everywhere. */
export function ResetPasswordDialog({ person, onClose }: ResetPasswordDialogProps) {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const [password, setPassword] = useState<string>();
  const reset = useMutation(trpc.people.resetPassword.mutationOptions());

  function close(): void {
    setPassword(undefined);
    reset.reset();
    onClose();
  }

  function submit(id: string): void {
    const made = generatePassword();
    reset.mutate({ id, password: made }, { onSuccess: () => setPassword(made) });
  }

  return (
    <Dialog
      open={person !== undefined}
      onOpenChange={(open) => !open && close()}
      title={t("resetPassword")}
      description={person ? t("resetHint", { name: person.name }) : ""}
      width="sm"
    >
      <div className="flex flex-col gap-4">
        {reset.error && <Notice tone="bad">{refusalOf(reset.error).message || t("away")}</Notice>}
        {password ? (
          <>
            <Notice tone="ok">{t("passwordOnce")}</Notice>
            <CodeBlock code={password} label={t("password")} />
          </>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t(password ? "done" : "cancel")}</Button>
          {!password && person && (
            <Button tone="primary" busy={reset.isPending} onClick={() => submit(person.id)}>
              {t("resetPassword")}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
