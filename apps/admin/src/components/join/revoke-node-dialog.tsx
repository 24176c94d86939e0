"use client";

import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { useToast } from "../ui/toast.tsx";

/** A revoked certificate is not given back, so the node's id is typed. */
export function RevokeNodeDialog({
  node,
  onClose,
}: {
  readonly node: string | undefined;
  readonly onClose: () => void;
}) {
  const t = useTranslations("join");
  const trpc = useTRPC();
  const toast = useToast();
  const [typed, setTyped] = useState("");
  const revoke = useMutation(trpc.join.revokeNode.mutationOptions());

  function close(): void {
    setTyped("");
    revoke.reset();
    onClose();
  }

  return (
    <Dialog
      open={node !== undefined}
      onOpenChange={(open) => !open && close()}
      title={t("revokeNode")}
      description={t("revokeNodeHint")}
      width="sm"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (node === undefined || typed !== node) return;
          revoke.mutate(
            { node },
            {
              onSuccess: () => {
                toast({ text: t("nodeRevoked", { node }) });
                close();
              },
            },
          );
        }}
      >
        {revoke.error && <Notice tone="bad">{refusalOf(revoke.error).message || t("away")}</Notice>}
        <Field label={t("typeNode", { node: node ?? "" })}>
          <Input
            value={typed}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" tone="danger" busy={revoke.isPending} disabled={typed !== node}>
            {t("revokeNode")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
