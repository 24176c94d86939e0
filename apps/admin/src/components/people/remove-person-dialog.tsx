"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { Person } from "../../server/people/person.ts";
import { TypedConfirmDialog } from "../ui/typed-confirm-dialog.tsx";

export interface RemovePersonDialogProps {
  readonly person: Person | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** There is no undo for an account, so its e-mail is typed. */
export function RemovePersonDialog({ person, onClose, onDone }: RemovePersonDialogProps) {
  const t = useTranslations("people");
  const trpc = useTRPC();
  const remove = useMutation(trpc.people.remove.mutationOptions());
  const email = person?.email ?? "";
  const close = (): void => {
    remove.reset();
    onClose();
  };
  return (
    <TypedConfirmDialog
      key={email}
      open={person !== undefined}
      title={t("remove")}
      description={person ? t("removeHint", { name: person.name }) : ""}
      expected={email}
      label={t("typeEmail", { email })}
      confirm={t("remove")}
      busy={remove.isPending}
      problem={remove.error ? refusalOf(remove.error).message || t("away") : undefined}
      onConfirm={() =>
        remove.mutate(
          { id: person?.id ?? "" },
          {
            onSuccess: () => {
              close();
              onDone();
            },
          },
        )
      }
      onClose={close}
    />
  );
}
