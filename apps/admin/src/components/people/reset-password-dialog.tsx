"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { Person } from "../../server/people/person.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogButtons } from "../ui/dialog-buttons.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { OneTimeLink } from "./one-time-link.tsx";

export interface ResetPasswordDialogProps {
  readonly person: Person | undefined;
  readonly onClose: () => void;
}

/** Makes a link, shown once, with which the person sets a new password. */
export function ResetPasswordDialog({ person, onClose }: ResetPasswordDialogProps) {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const [token, setToken] = useState<string>();
  const reset = useMutation(trpc.invitation.resetLink.mutationOptions());

  function close(): void {
    setToken(undefined);
    reset.reset();
    onClose();
  }

  function submit(id: string): void {
    reset.mutate({ person: id }, { onSuccess: (made) => setToken(made.token) });
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
        <RefusalNotice error={reset.error} />
        {token && <OneTimeLink token={token} title={t("resetMade", { email: person?.email ?? "" })} />}
        <DialogButtons>
          <Button onClick={close}>{t(token ? "done" : "cancel")}</Button>
          {!token && person && (
            <Button tone="primary" busy={reset.isPending} onClick={() => submit(person.id)}>
              {t("resetPassword")}
            </Button>
          )}
        </DialogButtons>
      </div>
    </Dialog>
  );
}
