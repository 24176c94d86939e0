"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { OneTimeLink } from "./one-time-link.tsx";

export interface AddPersonDialogProps {
  readonly roles: readonly string[];
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onDone: () => void;
}

/** Makes a link, shown once, with which the person makes their account. */
export function AddPersonDialog({ roles, open, onOpenChange, onDone }: AddPersonDialogProps) {
  const t = useTranslations("people");
  const roleName = useRoleName();
  const trpc = useTRPC();
  const [made, setMade] = useState<{ readonly email: string; readonly token: string }>();
  const create = useMutation({ ...trpc.invitation.create.mutationOptions(), onSuccess: onDone });

  function close(): void {
    setMade(undefined);
    create.reset();
    onOpenChange(false);
  }

  function submit(form: FormData): void {
    const email = String(form.get("email") ?? "");
    create.mutate(
      {
        name: String(form.get("name") ?? ""),
        email,
        role: String(form.get("role") ?? "viewer"),
      },
      { onSuccess: ({ token }) => setMade({ email, token }) },
    );
  }

  return (
    <Dialog open={open} onOpenChange={(next) => !next && close()} title={t("add")} width="sm">
      {made ? (
        <div className="flex flex-col gap-4">
          <OneTimeLink token={made.token} title={t("made", { email: made.email })} />
          <div className="flex justify-end">
            <Button tone="primary" onClick={close}>
              {t("done")}
            </Button>
          </div>
        </div>
      ) : (
        <DialogForm
          submit={t("add")}
          busy={create.isPending}
          error={create.error}
          onSubmit={submit}
          onCancel={close}
        >
          <Field label={t("columns.name")} required>
            <Input name="name" required maxLength={100} />
          </Field>
          <Field label={t("columns.email")} required>
            <Input name="email" type="email" required maxLength={254} />
          </Field>
          <Field label={t("columns.role")} hint={t("roleHint")}>
            <Select name="role" defaultValue="viewer">
              {roles.map((role) => (
                <option key={role} value={role}>
                  {roleName(role)}
                </option>
              ))}
            </Select>
          </Field>
        </DialogForm>
      )}
    </Dialog>
  );
}
