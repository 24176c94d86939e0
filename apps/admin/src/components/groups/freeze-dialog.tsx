"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Input } from "../ui/input.tsx";

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
  return (
    <FormDialog
      title={t("freezeName", { name: group })}
      description={t("freezeHint")}
      submit={t("freeze")}
      busy={freeze.isPending}
      error={freeze.error}
      onSubmit={() => freeze.mutate({ group, reason })}
      onClose={onClose}
    >
      <Field label={t("reason")} required>
        <Input required value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </FormDialog>
  );
}
