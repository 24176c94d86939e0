"use client";

import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";
import { Notice } from "./notice.tsx";

export interface TypedConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly description: string;
  /** What has to be typed, letter by letter. */
  readonly expected: string;
  /** Of the field: says what to type. */
  readonly label: string;
  /** Of the button that does it. */
  readonly confirm: string;
  readonly busy: boolean;
  /** Why it did not work. */
  readonly problem?: string | undefined;
  readonly children?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** For what cannot be taken back: the name is typed. */
export function TypedConfirmDialog({
  open,
  title,
  description,
  expected,
  label,
  confirm,
  busy,
  problem,
  children,
  onConfirm,
  onClose,
}: TypedConfirmDialogProps) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState("");
  const close = (): void => {
    setTyped("");
    onClose();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(now) => !now && close()}
      title={title}
      description={description}
      width="sm"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && typed === expected) onConfirm();
        }}
      >
        {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
        {children}
        <Field label={label}>
          <Input value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" tone="danger" busy={busy} disabled={typed !== expected}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
