"use client";

import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { RoleState } from "../../server/people/role.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogButtons } from "../ui/dialog-buttons.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
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

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
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
      <form onSubmit={submit} className="flex flex-col gap-4">
        {error && <Notice tone="bad">{refusalOf(error).message || t("away")}</Notice>}
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
        <DialogButtons>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" tone="primary" busy={create.isPending || change.isPending}>
            {t("save")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
