"use client";

import type { AcmeAuthority } from "@sluice/config";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Textarea } from "../ui/input.tsx";

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

/** Where automatic certificates come from: an ACME directory, and a binding to an account there. */
export function AuthorityDialog({
  open,
  onOpenChange,
  authority,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly authority: AcmeAuthority | undefined;
}) {
  const t = useTranslations("certificates.authority");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const put = useMutation({
    ...trpc.acme.put.mutationOptions(),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [["acme"]], exact: false });
      onOpenChange(false);
    },
  });

  function submit(form: FormData): void {
    const given = (name: string): string | undefined => String(form.get(name) ?? "").trim() || undefined;
    put.mutate({
      name: given("name") ?? "",
      directoryUrl: given("directory") ?? "",
      email: given("email"),
      trust: given("trust"),
      eabKid: given("eabKid"),
      eabKey: given("eabKey"),
      termsAgreed: form.get("terms") === "on",
    });
  }

  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("title")} width="md">
      <DialogForm
        submit={t("save")}
        busy={put.isPending}
        error={put.error}
        onSubmit={submit}
        onCancel={() => onOpenChange(false)}
      >
        <Field label={t("name")} required>
          <Input name="name" required maxLength={64} defaultValue={authority?.name ?? "Let's Encrypt"} />
        </Field>
        <Field label={t("directory")} hint={t("directoryHint")} required>
          <Input
            name="directory"
            type="url"
            required
            defaultValue={authority?.directoryUrl ?? LETS_ENCRYPT}
          />
        </Field>
        <Field label={t("email")} hint={t("emailHint")}>
          <Input name="email" type="email" maxLength={254} defaultValue={authority?.email ?? ""} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("eabKid")} hint={t("eabHint")}>
            <Input name="eabKid" autoComplete="off" defaultValue={authority?.eabKid ?? ""} />
          </Field>
          <Field label={t("eabKey")} hint={t("eabKeyHint")}>
            <Input name="eabKey" type="password" autoComplete="new-password" />
          </Field>
        </div>
        <Field label={t("trust")} hint={t("trustHint")}>
          <Textarea name="trust" rows={3} defaultValue={authority?.trust ?? ""} />
        </Field>
        <label className="flex items-center gap-2 text-sm">
          <input type="checkbox" name="terms" required />
          {t("terms")}
        </label>
      </DialogForm>
    </Dialog>
  );
}
