"use client";

import { type ReactNode, useId } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./notice.tsx";

export interface FormDialogProps {
  readonly title: string;
  readonly description: string;
  /** Of the button that does it; Enter in a field does too. */
  readonly submit: string;
  readonly busy: boolean;
  readonly disabled?: boolean;
  /** Why it did not work. */
  readonly problem?: string | undefined;
  readonly children: ReactNode;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
}

/** A few fields and what to do with them; there while it is open. */
export function FormDialog({
  title,
  description,
  submit,
  busy,
  disabled = false,
  problem,
  children,
  onSubmit,
  onClose,
}: FormDialogProps) {
  const t = useTranslations("common");
  const form = useId();
  const start = (): void => {
    if (!busy && !disabled) onSubmit();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={busy} disabled={disabled}>
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
        {children}
        <button type="submit" className="sr-only" tabIndex={-1} aria-hidden="true" />
      </form>
    </Dialog>
  );
}
