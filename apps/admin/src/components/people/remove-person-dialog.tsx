"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { Person } from "../../server/people/person.ts";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";

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
  const close = (): void => {
    remove.reset();
    onClose();
  };
  return (
    <TypeNameDialog
      name={person?.email}
      title={t("remove")}
      hint={person ? t("removeHint", { name: person.name }) : ""}
      action={t("remove")}
      busy={remove.isPending}
      error={remove.error}
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
