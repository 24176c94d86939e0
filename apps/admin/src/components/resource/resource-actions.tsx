"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Menu } from "../ui/menu.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
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
  const refusalToast = useRefusalToast();
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
      refusalToast(error);
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
      refusalToast(error);
    }
  }

  function rename(fields: FormData): void {
    const name = String(fields.get("name") ?? "").trim();
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
        <DialogForm
          submit={t("rename")}
          busy={false}
          error={undefined}
          onSubmit={rename}
          onCancel={() => setRenaming(false)}
        >
          <Field label={t("columns.name")}>
            <Input name="name" defaultValue={draft.name} required />
          </Field>
        </DialogForm>
      </Dialog>
    </>
  );
}
