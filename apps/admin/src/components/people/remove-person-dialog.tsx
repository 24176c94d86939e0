"use client";

import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { Person } from "../../server/people/person.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

export interface RemovePersonDialogProps {
  readonly person: Person | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** There is no undo for an account, so its e-mail is typed. */
export function RemovePersonDialog({ person, onClose, onDone }: RemovePersonDialogProps) {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const remove = useMutation(trpc.people.remove.mutationOptions());

  function close(): void {
    setTyped("");
    remove.reset();
    onClose();
  }

  return (
    <Dialog
      open={person !== undefined}
      onOpenChange={(open) => !open && close()}
      title={t("remove")}
      description={person ? t("removeHint", { name: person.name }) : ""}
      width="sm"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!person || typed !== person.email) return;
          remove.mutate(
            { id: person.id },
            {
              onSuccess: () => {
                close();
                onDone();
              },
            },
          );
        }}
      >
        {remove.error && <Notice tone="bad">{refusalOf(remove.error).message || t("away")}</Notice>}
        <Field label={t("typeEmail", { email: person?.email ?? "" })}>
          <Input
            value={typed}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" tone="danger" busy={remove.isPending} disabled={typed !== person?.email}>
            {t("remove")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
