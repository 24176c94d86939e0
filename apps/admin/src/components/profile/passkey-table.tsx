"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { addPasskey, canHavePasskeys, type PasskeyOutcome } from "../../client/passkey.ts";
import { useTRPC } from "../../client/trpc.tsx";
import type { PasskeyState } from "../../server/people/passkeys.ts";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Input } from "../ui/input.tsx";
import { Menu } from "../ui/menu.tsx";
import { Notice } from "../ui/notice.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";

/** One's own passkeys: add, name, remove. */
export function PasskeyTable() {
  const t = useTranslations("profile.passkeys");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [possible, setPossible] = useState(true);
  const [outcome, setOutcome] = useState<PasskeyOutcome>();
  const [busy, setBusy] = useState(false);
  const [named, setNamed] = useState<PasskeyState>();
  const [removing, setRemoving] = useState<PasskeyState>();
  useEffect(() => setPossible(canHavePasskeys()), []);
  const passkeys = useQuery(trpc.session.passkeys.queryOptions());
  const refresh = () => queries.invalidateQueries(trpc.session.pathFilter());
  const rename = useMutation({ ...trpc.session.renamePasskey.mutationOptions(), onSettled: refresh });
  const remove = useMutation({ ...trpc.session.removePasskey.mutationOptions(), onSettled: refresh });
  const error = passkeys.error ?? rename.error ?? remove.error;

  async function add(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setOutcome(undefined);
    const came = await addPasskey(String(new FormData(form).get("name") ?? "").trim());
    setBusy(false);
    setOutcome(came);
    if (came === "done") form.reset();
    await refresh();
  }

  return (
    <div className="flex flex-col gap-3">
      <RefusalNotice error={error} />
      {outcome !== undefined && (
        <Notice tone={outcome === "done" ? "ok" : "bad"}>{t(`outcomes.${outcome}`)}</Notice>
      )}
      <Table
        framed
        label={t("title")}
        rows={passkeys.data ?? []}
        rowKey={({ id }) => id}
        empty={<p className="text-sm text-muted">{t("nothing")}</p>}
        columns={[
          {
            id: "name",
            header: t("name"),
            cell: ({ name, backedUp }) => (
              <span className="flex items-center gap-2">
                {name || t("unnamed")}
                {backedUp && <Badge>{t("synced")}</Badge>}
              </span>
            ),
          },
          {
            id: "added",
            header: t("added"),
            className: "text-muted",
            cell: ({ createdAt }) => createdAt && <RelativeTime at={createdAt} />,
          },
          {
            ...actionsColumn(t("actions")),
            cell: (passkey) => (
              <Menu
                trigger={
                  <IconButton
                    size="sm"
                    icon="more"
                    label={t("actionsOf", { name: passkey.name || t("unnamed") })}
                  />
                }
                groups={[
                  [{ label: t("rename"), icon: "edit", onSelect: () => setNamed(passkey) }],
                  [
                    {
                      label: t("remove"),
                      icon: "trash",
                      tone: "danger",
                      onSelect: () => setRemoving(passkey),
                    },
                  ],
                ]}
              />
            ),
          },
        ]}
      />
      {possible ? (
        <form onSubmit={(event) => void add(event)} className="flex max-w-sm items-end gap-2">
          <Field label={t("newName")} required className="flex-1">
            <Input name="name" required maxLength={60} />
          </Field>
          <Button type="submit" busy={busy}>
            {t("add")}
          </Button>
        </form>
      ) : (
        <p className="text-sm text-muted">{t("impossible")}</p>
      )}
      {named !== undefined && (
        <RenameDialog
          passkey={named}
          onClose={() => setNamed(undefined)}
          onName={(name) => rename.mutate({ id: named.id, name }, { onSuccess: () => setNamed(undefined) })}
        />
      )}
      <TypeNameDialog
        name={removing && (removing.name || t("unnamed"))}
        title={t("remove")}
        hint={t("removeHint")}
        action={t("remove")}
        onClose={() => setRemoving(undefined)}
        busy={remove.isPending}
        onConfirm={() =>
          remove.mutate({ id: removing?.id ?? "" }, { onSettled: () => setRemoving(undefined) })
        }
      />
    </div>
  );
}

interface RenameDialogProps {
  readonly passkey: PasskeyState;
  readonly onClose: () => void;
  readonly onName: (name: string) => void;
}

function RenameDialog({ passkey, onClose, onName }: RenameDialogProps) {
  const t = useTranslations("profile.passkeys");
  const [name, setName] = useState(passkey.name);
  return (
    <FormDialog
      title={t("rename")}
      description={t("renameHint")}
      submit={t("rename")}
      busy={false}
      error={undefined}
      disabled={name.trim() === ""}
      onSubmit={() => onName(name)}
      onClose={onClose}
    >
      <Field label={t("newName")} required>
        <Input value={name} maxLength={60} onChange={({ target }) => setName(target.value)} />
      </Field>
    </FormDialog>
  );
}
