"use client";

import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { RoleState } from "../../server/people/role.ts";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { formOfGrants, GrantFields, grantsOfForm } from "./grant-fields.tsx";

export interface RoleDialogProps {
  /** Undefined: a new one. */
  readonly role: RoleState | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function RoleDialog({ role, onClose, onDone }: RoleDialogProps) {
  const t = useTranslations("roles");
  const trpc = useTRPC();
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [form, setForm] = useState(formOfGrants(role?.grants ?? [{ permission: "config.read" }]));
  const done = { onSuccess: onDone };
  const create = useMutation({ ...trpc.role.create.mutationOptions(), ...done });
  const change = useMutation({ ...trpc.role.change.mutationOptions(), ...done });
  const error = create.error ?? change.error;

  function submit(): void {
    const input = { name: name.trim(), description: description.trim(), grants: grantsOfForm(form) };
    if (role === undefined) create.mutate(input);
    else change.mutate({ ...input, expectedRevision: role.revision });
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={role === undefined ? t("add") : t("editName", { name: role.name })}
    >
      <DialogForm
        submit={t("save")}
        busy={create.isPending || change.isPending}
        error={error}
        onSubmit={submit}
        onCancel={onClose}
      >
        <Field label={t("columns.name")} hint={t("nameHint")} required>
          <Input
            value={name}
            required
            maxLength={63}
            readOnly={role !== undefined}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setName(event.target.value)}
          />
        </Field>
        <Field label={t("columns.description")}>
          <Input
            value={description}
            maxLength={500}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setDescription(event.target.value)}
          />
        </Field>
        <GrantFields form={form} onChange={setForm} />
      </DialogForm>
    </Dialog>
  );
}
