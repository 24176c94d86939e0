"use client";

import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { Dialog } from "./dialog.tsx";
import { DialogForm } from "./dialog-form.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";

export interface TypeNameDialogProps {
  /** What must be typed, letter by letter; undefined: closed. */
  readonly name: string | undefined;
  readonly title: string;
  readonly hint: string;
  /** Of the field, where what is typed is no name. */
  readonly label?: string | undefined;
  /** Of the button that does it. */
  readonly action: string;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  /** Of the call that did not work. */
  readonly error?: unknown;
  /** Other fields, above. */
  readonly children?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Before what cannot be taken back: its name is typed. What was typed is forgotten when it closes, whoever closes it. */
export function TypeNameDialog({ name, title, hint, onClose, ...form }: TypeNameDialogProps) {
  return (
    <Dialog
      open={name !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={hint}
      width="sm"
    >
      {name !== undefined && <TypeNameForm name={name} onClose={onClose} {...form} />}
    </Dialog>
  );
}

function TypeNameForm({
  name,
  label,
  action,
  busy = false,
  disabled = false,
  error,
  children,
  onConfirm,
  onClose,
}: Omit<TypeNameDialogProps, "title" | "hint" | "name"> & { readonly name: string }) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState("");
  return (
    <DialogForm
      submit={action}
      tone="danger"
      busy={busy}
      disabled={typed !== name || disabled}
      error={error}
      onSubmit={onConfirm}
      onCancel={onClose}
    >
      {children}
      <Field label={label ?? t("typeName", { name })}>
        <Input value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      </Field>
    </DialogForm>
  );
}
