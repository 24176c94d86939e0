"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Input } from "../ui/input.tsx";

/** Asks for the end of a group's protection, and goes to the request. */
export function UnprotectDialog({
  group,
  onClose,
}: {
  readonly group: string;
  readonly onClose: () => void;
}) {
  const t = useTranslations("nodes.groups");
  const trpc = useTRPC();
  const router = useRouter();
  const [reason, setReason] = useState("");
  const ask = useMutation(
    trpc.group.unprotect.mutationOptions({ onSuccess: ({ id }) => router.push(`/approvals/${id}`) }),
  );
  return (
    <FormDialog
      title={t("unprotectName", { name: group })}
      description={t("unprotectHint")}
      submit={t("askForApproval")}
      busy={ask.isPending}
      disabled={reason.trim() === ""}
      error={ask.error}
      onSubmit={() => ask.mutate({ group, reason })}
      onClose={onClose}
    >
      <Field label={t("reason")} required>
        <Input required value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </FormDialog>
  );
}
