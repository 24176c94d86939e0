"use client";

import { useMutation } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogButtons } from "../ui/dialog-buttons.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

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

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
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
      <form onSubmit={submit} className="flex flex-col gap-4">
        {create.error && <Notice tone="bad">{refusalOf(create.error).message || t("away")}</Notice>}
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
        <DialogButtons>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" tone="primary" busy={create.isPending}>
            {t("silence")}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
