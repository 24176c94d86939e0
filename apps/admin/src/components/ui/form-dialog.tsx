"use client";

import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { DialogForm } from "./dialog-form.tsx";

export interface FormDialogProps {
  readonly title: string;
  readonly description: string;
  /** Of the button that does it; Enter in a field does too. */
  readonly submit: string;
  readonly busy: boolean;
  readonly disabled?: boolean;
  /** Of the call that did not work. */
  readonly error: unknown;
  readonly children: ReactNode;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
}

/** A few fields and what to do with them; there while it is open. */
export function FormDialog({ title, description, onClose, ...form }: FormDialogProps) {
  return (
    <Dialog open onOpenChange={onClose} title={title} description={description}>
      <DialogForm {...form} onCancel={onClose} />
    </Dialog>
  );
}
