"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogButtons } from "../ui/dialog-buttons.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Menu } from "../ui/menu.tsx";
import { useToast } from "../ui/toast.tsx";
import type { ResourceKind } from "./config-types.ts";
import type { DraftSession, DraftSnapshot } from "./draft-session.ts";
import { resourceHref } from "./resource-href.ts";
import { useRemoveResource } from "./use-remove-resource.ts";

export interface ResourceActionsProps {
  readonly kind: ResourceKind;
  readonly draft: DraftSnapshot;
  readonly session: DraftSession;
  readonly onGone: () => void;
}

/** What can be done with the whole resource; each can be taken back. */
export function ResourceActions({ kind, draft, session, onGone }: ResourceActionsProps) {
  const t = useTranslations("config");
  const client = useTRPCClient();
  const queries = useQueryClient();
  const trpc = useTRPC();
  const router = useRouter();
  const toast = useToast();
  const remove = useRemoveResource();
  const [renaming, setRenaming] = useState(false);

  async function discard(): Promise<void> {
    const before = draft.text;
    try {
      const live = await client.draft.reset.mutate({ kind, name: draft.name });
      if (live) session.serverHas(live);
      await queries.invalidateQueries(trpc.draft.pathFilter());
      toast({ text: t("discarded"), undo: () => session.setText(before) });
      if (!live) onGone();
    } catch (error) {
      toast({ tone: "bad", text: refusalOf(error).message || t("away") });
    }
  }

  async function duplicate(): Promise<void> {
    const name = `${draft.name}-copy`;
    const field = kind === "endpoints" ? "cluster_name" : "name";
    try {
      const { applyEdits } = await import("@sluice/config/browser");
      const yaml = applyEdits(draft.text, [{ op: "set", path: field, value: name }]);
      const made = await client.draft.put.mutate({ kind, yaml });
      await queries.invalidateQueries(trpc.draft.pathFilter());
      router.push(resourceHref(made));
    } catch (error) {
      toast({ tone: "bad", text: refusalOf(error).message || t("away") });
    }
  }

  function rename(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    if (name)
      session.edit([{ op: "set", path: kind === "endpoints" ? "cluster_name" : "name", value: name }]);
    setRenaming(false);
  }

  return (
    <>
      <Menu
        trigger={<IconButton icon="more" label={t("moreActions")} />}
        groups={[
          [
            { label: t("rename"), icon: "edit", onSelect: () => setRenaming(true) },
            { label: t("duplicate"), icon: "copy", onSelect: () => void duplicate() },
            {
              label: t("discard"),
              icon: "undo",
              disabled: draft.change === "unchanged",
              onSelect: () => void discard(),
            },
          ],
          [
            {
              label: t("delete"),
              icon: "trash",
              tone: "danger",
              onSelect: () => void remove({ kind, name: draft.name }).then((gone) => gone && onGone()),
            },
          ],
        ]}
      />
      <Dialog
        open={renaming}
        onOpenChange={setRenaming}
        title={t("rename")}
        description={t("renameHint")}
        width="sm"
      >
        <form onSubmit={rename} className="flex flex-col gap-4">
          <Field label={t("columns.name")}>
            <Input name="name" defaultValue={draft.name} required />
          </Field>
          <DialogButtons>
            <Button onClick={() => setRenaming(false)}>{t("cancel")}</Button>
            <Button type="submit" tone="primary">
              {t("rename")}
            </Button>
          </DialogButtons>
        </form>
      </Dialog>
    </>
  );
}
