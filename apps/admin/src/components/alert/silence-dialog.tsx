"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";

/** What is to be quiet; nothing named: everything. */
export interface Silenced {
  readonly rule?: string;
  readonly target?: string;
}

const DURATIONS = { m30: 1_800_000, h2: 7_200_000, h8: 28_800_000, d1: 86_400_000, d7: 604_800_000 } as const;
const DURATION_NAMES = Object.keys(DURATIONS) as (keyof typeof DURATIONS)[];

export interface SilenceDialogProps {
  /** Undefined: closed. */
  readonly silenced: Silenced | undefined;
  readonly onClose: () => void;
}

export function SilenceDialog({ silenced, onClose }: SilenceDialogProps) {
  const t = useTranslations("alerts");
  const trpc = useTRPC();
  const create = useMutation(trpc.alert.silence.mutationOptions({ onSuccess: onClose }));
  const what = [silenced?.rule, silenced?.target].filter((part) => part !== undefined).join(" · ");

  function submit(form: FormData): void {
    const duration = DURATION_NAMES.find((name) => name === form.get("duration")) ?? "h2";
    create.mutate({ ...silenced, reason: String(form.get("reason") ?? ""), durationMs: DURATIONS[duration] });
  }

  return (
    <Dialog
      open={silenced !== undefined}
      onOpenChange={(open) => {
        if (open) return;
        create.reset();
        onClose();
      }}
      title={t("silenceTitle", { what: what === "" ? t("silenceAll") : what })}
      width="sm"
    >
      <DialogForm
        submit={t("silence")}
        busy={create.isPending}
        error={create.error}
        onSubmit={submit}
        onCancel={onClose}
      >
        <Field label={t("duration")}>
          <Select name="duration" defaultValue="h2">
            {DURATION_NAMES.map((name) => (
              <option key={name} value={name}>
                {t(`durations.${name}`)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("columns.reason")} required hint={t("reasonHint")}>
          <Input name="reason" required maxLength={500} />
        </Field>
      </DialogForm>
    </Dialog>
  );
}
