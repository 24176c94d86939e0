"use client";

import type { RevertConflict } from "@sluice/config";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { ResourceRef } from "../resource/config-types.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { FieldChoices } from "./field-choices.tsx";

export interface RevertButtonProps extends ResourceRef {
  /** The change from `to` to `from` is taken back. */
  readonly from: number;
  readonly to: number;
  /** Only at this field. */
  readonly path?: string;
}

/** Takes one change back in the draft. Where the draft has other values by now, they are chosen field by field. */
export function RevertButton({ kind, name, from, to, path }: RevertButtonProps) {
  const t = useTranslations("release");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const [conflicts, setConflicts] = useState<readonly RevertConflict[]>([]);
  const revert = useMutation({
    ...trpc.history.revert.mutationOptions(),
    onSuccess: async (done) => {
      if (done.state === "conflict") {
        setConflicts(done.conflicts);
        return;
      }
      setConflicts([]);
      toast({ text: t(done.changed ? "reverted" : "nothingToRevert", { name }) });
      await queries.invalidateQueries(trpc.draft.pathFilter());
    },
    onError: refusalToast,
  });
  const input = { kind, name, from, to, ...(path === undefined ? {} : { path }) };
  const where = path === undefined ? name : `${name} ${path}`;
  return (
    <>
      <Button
        size="sm"
        tone="quiet"
        icon="undo"
        busy={revert.isPending}
        aria-label={t("revertNamed", { name: where, number: from })}
        onClick={() => revert.mutate(input)}
      >
        {t("revert")}
      </Button>
      <Dialog
        open={conflicts.length > 0}
        onOpenChange={(open) => !open && setConflicts([])}
        title={t("revertConflict", { name })}
        description={t("revertConflictHint")}
        width="lg"
      >
        <FieldChoices
          fields={conflicts.map((conflict) => ({ path: conflict.path, a: conflict.old, b: conflict.draft }))}
          labels={{ a: t("oldValue", { number: to }), b: t("draft") }}
          submit={t("revert")}
          busy={revert.isPending}
          onSubmit={(choice) =>
            revert.mutate({
              ...input,
              choices: Object.fromEntries(
                conflicts.map((conflict) => [conflict.path, choice(conflict.path) === "a" ? "old" : "draft"]),
              ),
            })
          }
        />
      </Dialog>
    </>
  );
}
