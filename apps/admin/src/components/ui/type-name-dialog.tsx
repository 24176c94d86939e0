"use client";

import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";

export interface TypeNameDialogProps {
  /** What must be typed; undefined: closed. */
  readonly name: string | undefined;
  readonly title: string;
  readonly hint: string;
  /** Of the button that does it. */
  readonly action: string;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

/** Before what cannot be taken back: its name is typed. */
export function TypeNameDialog({ name, title, hint, action, onClose, onConfirm }: TypeNameDialogProps) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState("");
  const close = (): void => {
    setTyped("");
    onClose();
  };
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    if (typed !== name) return;
    close();
    onConfirm();
  }
  return (
    <Dialog open={name !== undefined} onOpenChange={(open) => !open && close()} title={title} width="sm">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <p className="text-sm text-muted">{hint}</p>
        <Field label={t("typeName", { name: name ?? "" })}>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" tone="danger" disabled={typed !== name}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
