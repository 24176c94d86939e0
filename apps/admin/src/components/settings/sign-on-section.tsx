"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { SignOnProvider } from "../../server/sign-on/sign-on-contract.ts";
import { FormSection } from "../form/form-section.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { StatusDot } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Menu } from "../ui/menu.tsx";
import { OneLine } from "../ui/one-line.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";
import { SignOnDialog } from "./sign-on-dialog.tsx";

/** The OpenID providers with which people sign on, and who may sign in with a password beside. */
export function SignOnSection() {
  const t = useTranslations("signOn");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<SignOnProvider | "new">();
  const [removing, setRemoving] = useState<SignOnProvider>();
  const state = useQuery(trpc.signOn.list.queryOptions());
  const refresh = () => queries.invalidateQueries(trpc.signOn.pathFilter());
  const setPassword = useMutation({ ...trpc.signOn.setPassword.mutationOptions(), onSettled: refresh });
  const remove = useMutation({
    ...trpc.signOn.remove.mutationOptions(),
    onSettled: refresh,
  });
  const error = state.error ?? setPassword.error ?? remove.error;
  const columns: readonly Column<SignOnProvider>[] = [
    {
      id: "name",
      header: t("columns.name"),
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      id: "issuer",
      header: t("columns.issuer"),
      className: "max-w-72 text-muted",
      cell: ({ issuer }) => <OneLine text={issuer} />,
    },
    {
      id: "state",
      header: t("columns.state"),
      cell: ({ enabled }) => (
        <StatusDot tone={enabled ? "ok" : "neutral"}>
          <span className="text-xs">{t(enabled ? "on" : "off")}</span>
        </StatusDot>
      ),
    },
    {
      id: "accounts",
      header: t("columns.accounts"),
      align: "right",
      secondary: true,
      cell: ({ accounts }) => accounts,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: (provider) => (
        <Menu
          trigger={<IconButton size="sm" icon="more" label={t("actionsOf", { name: provider.name })} />}
          groups={[
            [{ label: t("edit"), icon: "edit", onSelect: () => setEdited(provider) }],
            [{ label: t("remove"), icon: "trash", tone: "danger", onSelect: () => setRemoving(provider) }],
          ]}
        />
      ),
    },
  ];
  return (
    <FormSection title={t("title")} description={t("hint")}>
      <RefusalNotice error={error} />
      <Table
        framed
        label={t("title")}
        columns={columns}
        rows={state.data?.providers ?? []}
        rowKey={({ id }) => id}
        empty={<p className="text-sm text-muted">{t("nothing")}</p>}
      />
      <div>
        <Button icon="plus" onClick={() => setEdited("new")}>
          {t("add")}
        </Button>
      </div>
      <Field label={t("password")} hint={t("passwordHint")} className="max-w-sm">
        <Select
          value={state.data?.passwordSignIn ?? "everyone"}
          disabled={state.data === undefined}
          onChange={({ target }) =>
            setPassword.mutate({
              passwordSignIn: target.value === "administrators" ? "administrators" : "everyone",
            })
          }
        >
          <option value="everyone">{t("passwords.everyone")}</option>
          <option value="administrators">{t("passwords.administrators")}</option>
        </Select>
      </Field>
      {edited !== undefined && (
        <SignOnDialog
          provider={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={() => {
            setEdited(undefined);
            void refresh();
          }}
        />
      )}
      <TypeNameDialog
        name={removing?.id}
        title={t("removeTitle", { name: removing?.name ?? "" })}
        hint={t("removeHint")}
        action={t("remove")}
        onClose={() => setRemoving(undefined)}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate({ id: removing?.id ?? "" }, { onSettled: () => setRemoving(undefined) })
        }
      />
    </FormSection>
  );
}
