"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

/** Asks why: whoever is refused reads it. */
export function FreezeDialog({ group, onClose }: { readonly group: string; readonly onClose: () => void }) {
  const t = useTranslations("nodes.groups");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const freeze = useMutation(
    trpc.group.freeze.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.group.pathFilter());
        onClose();
      },
    }),
  );
  const submit = () => freeze.mutate({ group, reason });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("freezeName", { name: group })}
      description={t("freezeHint")}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button tone="primary" busy={freeze.isPending} onClick={submit}>
            {t("freeze")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {freeze.error && <Notice tone="bad">{refusalOf(freeze.error).message || t("away")}</Notice>}
        <Field label={t("reason")} required>
          <Input value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
