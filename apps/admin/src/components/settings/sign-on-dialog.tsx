"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { SignOnProvider } from "../../server/sign-on/sign-on-contract.ts";
import { Button } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select, Textarea } from "../ui/input.tsx";
import { readSignOnForm } from "./read-sign-on-form.ts";
import { RoleRuleFields } from "./role-rule-fields.tsx";
import { SignOnFindings } from "./sign-on-findings.tsx";

export interface SignOnDialogProps {
  /** Undefined: a new one. */
  readonly provider: SignOnProvider | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** All settings of an OpenID provider, with a test that needs nothing stored. */
export function SignOnDialog({ provider, onClose, onDone }: SignOnDialogProps) {
  const t = useTranslations("signOn");
  const trpc = useTRPC();
  const roleName = useRoleName();
  const [id, setId] = useState(provider?.id ?? "");
  const [roleRules, setRoleRules] = useState(provider?.roleRules ?? []);
  const roles = useQuery(trpc.role.list.queryOptions());
  const roleNames = roles.data?.map(({ name }) => name) ?? [];
  const put = useMutation({ ...trpc.signOn.put.mutationOptions(), onSuccess: onDone });
  const test = useMutation(trpc.signOn.test.mutationOptions());
  const error = put.error ?? test.error;

  function submit(fields: FormData): void {
    put.mutate(readSignOnForm(fields, { roleRules, keepSecret: provider?.hasSecret }));
  }

  function runTest(form: HTMLFormElement | null): void {
    if (form === null) return;
    const { issuer, scopes, rolesClaim, trust } = readSignOnForm(new FormData(form), { roleRules });
    test.mutate({ issuer, scopes, rolesClaim, trust });
  }

  const secretHint = provider === undefined ? "secretHint" : provider.hasSecret ? "secretKept" : "secretNone";
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={provider === undefined ? t("newTitle") : t("editTitle", { name: provider.name })}
      width="lg"
    >
      <DialogForm
        submit={t("save")}
        busy={put.isPending}
        error={error}
        more={
          <Button
            className="mr-auto"
            busy={test.isPending}
            onClick={(event) => runTest(event.currentTarget.form)}
            title={t("testing")}
          >
            {t("test")}
          </Button>
        }
        onSubmit={submit}
        onCancel={onClose}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("fields.name")} required>
            <Input name="name" required maxLength={60} defaultValue={provider?.name ?? ""} />
          </Field>
          <Field label={t("fields.id")} hint={t("fields.idHint")} required>
            <Input
              name="id"
              required
              maxLength={32}
              pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
              readOnly={provider !== undefined}
              value={id}
              onChange={({ target }) => setId(target.value)}
            />
          </Field>
        </div>
        <div className="flex flex-col gap-1">
          <p className="text-sm font-medium">{t("fields.redirect")}</p>
          <CodeBlock
            code={`${window.location.origin}/api/auth/callback/${id || "…"}`}
            label={t("fields.redirect")}
          />
        </div>
        <Field label={t("fields.issuer")} hint={t("fields.issuerHint")} required>
          <Input name="issuer" type="url" required maxLength={2000} defaultValue={provider?.issuer ?? ""} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("fields.clientId")} required>
            <Input name="clientId" required maxLength={500} defaultValue={provider?.clientId ?? ""} />
          </Field>
          <Field label={t("fields.clientSecret")} hint={t(`fields.${secretHint}`)}>
            <Input name="clientSecret" type="password" maxLength={2000} autoComplete="new-password" />
          </Field>
          <Field label={t("fields.scopes")} hint={t("fields.scopesHint")}>
            <Input name="scopes" defaultValue={provider?.scopes.join(" ") ?? "openid email profile"} />
          </Field>
          <Field label={t("fields.domains")} hint={t("fields.domainsHint")}>
            <Input name="domains" defaultValue={provider?.domains.join(" ") ?? ""} />
          </Field>
          <Field label={t("fields.rolesClaim")} hint={t("fields.rolesClaimHint")}>
            <Input name="rolesClaim" maxLength={200} defaultValue={provider?.rolesClaim ?? ""} />
          </Field>
          <Field label={t("fields.defaultRole")}>
            <Select key={roleNames.length} name="defaultRole" defaultValue={provider?.defaultRole ?? ""}>
              <option value="">{t("fields.refuse")}</option>
              {roleNames.map((name) => (
                <option key={name} value={name}>
                  {roleName(name)}
                </option>
              ))}
            </Select>
          </Field>
        </div>
        <RoleRuleFields rules={roleRules} roles={roleNames} onChange={setRoleRules} />
        <Choice name="createAccounts" label={t("fields.createAccounts")} on={provider?.createAccounts} />
        <Choice name="linkByEmail" label={t("fields.linkByEmail")} on={provider?.linkByEmail} />
        <Choice name="enabled" label={t("fields.enabled")} on={provider?.enabled ?? true} />
        <details className="rounded-md border border-line px-3 py-2">
          <summary className="cursor-pointer text-sm font-medium">{t("more")}</summary>
          <div className="mt-3 flex flex-col gap-4">
            <div>
              <Choice name="trustEmail" label={t("fields.trustEmail")} on={provider?.trustEmail} />
              <p className="mt-1 text-xs text-faint">{t("fields.trustEmailHint")}</p>
            </div>
            <Field label={t("fields.trust")} hint={t("fields.trustHint")}>
              <Textarea
                name="trust"
                rows={3}
                className="font-mono text-xs"
                defaultValue={provider?.trust ?? ""}
              />
            </Field>
          </div>
        </details>
        {test.data && <SignOnFindings test={test.data} />}
      </DialogForm>
    </Dialog>
  );
}

function Choice({
  name,
  label,
  on = false,
}: {
  readonly name: string;
  readonly label: string;
  readonly on?: boolean | undefined;
}) {
  return (
    <label className="flex items-center gap-2 text-sm">
      <input type="checkbox" name={name} defaultChecked={on} />
      {label}
    </label>
  );
}
