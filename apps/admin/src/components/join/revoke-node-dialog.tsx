"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { useToast } from "../ui/toast.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";

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
  const revoke = useMutation(trpc.join.revokeNode.mutationOptions());
  const id = node ?? "";
  const close = (): void => {
    revoke.reset();
    onClose();
  };
  return (
    <TypeNameDialog
      name={node}
      title={t("revokeNode")}
      hint={t("revokeNodeHint")}
      action={t("revokeNode")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() =>
        revoke.mutate(
          { node: id },
          {
            onSuccess: () => {
              toast({ text: t("nodeRevoked", { node: id }) });
              close();
            },
          },
        )
      }
      onClose={close}
    />
  );
}
