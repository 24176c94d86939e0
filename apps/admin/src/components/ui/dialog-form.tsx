"use client";

import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button.tsx";
import { DialogButtons } from "./dialog-buttons.tsx";
import { RefusalNotice } from "./refusal-notice.tsx";
import { RefusedFields } from "./refused-fields.tsx";

export interface DialogFormProps {
  /** Of the button that does it; Enter in a field does too. */
  readonly submit: string;
  readonly tone?: "primary" | "danger";
  readonly busy: boolean;
  readonly disabled?: boolean;
  /** Of the call that did not work: said above the fields, and at each field that it is about. */
  readonly error: unknown;
  /** Other buttons, before those that end it. */
  readonly more?: ReactNode;
  readonly children: ReactNode;
  readonly onSubmit: (fields: FormData) => void;
  readonly onCancel: () => void;
}

/** The fields of a dialog, why they were refused, and its buttons. */
export function DialogForm({
  submit,
  tone = "primary",
  busy,
  disabled = false,
  error,
  more,
  children,
  onSubmit,
  onCancel,
}: DialogFormProps) {
  const t = useTranslations("common");
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !disabled) onSubmit(new FormData(event.currentTarget));
      }}
    >
      <RefusalNotice error={error} />
      <RefusedFields error={error}>{children}</RefusedFields>
      <DialogButtons>
        {more}
        <Button onClick={onCancel}>{t("cancel")}</Button>
        <Button type="submit" tone={tone} busy={busy} disabled={disabled}>
          {submit}
        </Button>
      </DialogButtons>
    </form>
  );
}
