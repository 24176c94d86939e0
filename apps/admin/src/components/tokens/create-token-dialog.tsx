"use client";

import { BUILT_IN_ROLES } from "@sluice/config/browser";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { GrantFields, type GrantForm, grantsOfForm } from "../roles/grant-fields.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { KeyOnce } from "../ui/key-once.tsx";

const CHOSEN = "chosen";
const DAY_S = 86_400;

/** Makes a token with a part of what one may do; it is shown once. */
export function CreateTokenDialog({
  onClose,
  onDone,
}: {
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const t = useTranslations("tokens");
  const roleName = useRoleName();
  const trpc = useTRPC();
  const [scope, setScope] = useState<string>("viewer");
  const [form, setForm] = useState<GrantForm>({});
  const create = useMutation({ ...trpc.token.create.mutationOptions(), onSuccess: onDone });

  function submit(fields: FormData): void {
    create.mutate({
      name: String(fields.get("name") ?? ""),
      lifetimeS: Number(fields.get("days")) * DAY_S,
      ...(scope === CHOSEN ? { grants: grantsOfForm(form) } : { role: scope }),
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("add")} width="sm">
      {create.data ? (
        <KeyOnce
          title={t("made")}
          hint={t("once")}
          value={create.data.token}
          label={t("token")}
          done={t("done")}
          onDone={onClose}
        />
      ) : (
        <DialogForm
          submit={t("add")}
          busy={create.isPending}
          error={create.error}
          onSubmit={submit}
          onCancel={onClose}
        >
          <Field label={t("columns.name")} hint={t("nameHint")} required>
            <Input name="name" required maxLength={100} />
          </Field>
          <Field label={t("days")}>
            <Select name="days" defaultValue="90">
              {[7, 30, 90, 365, 3650].map((days) => (
                <option key={days} value={days}>
                  {t("forDays", { days })}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t("scope")} hint={t("scopeHint")}>
            <Select value={scope} onChange={(event) => setScope(event.target.value)}>
              {BUILT_IN_ROLES.map((role) => (
                <option key={role} value={role}>
                  {t("as", { role: roleName(role) })}
                </option>
              ))}
              <option value={CHOSEN}>{t("chosen")}</option>
            </Select>
          </Field>
          {scope === CHOSEN && <GrantFields form={form} onChange={setForm} />}
        </DialogForm>
      )}
    </Dialog>
  );
}
