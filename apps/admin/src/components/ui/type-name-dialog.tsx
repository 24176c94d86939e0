"use client";

import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";
import { Notice } from "./notice.tsx";

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
  /** Why it did not work. */
  readonly problem?: string | undefined;
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
  problem,
  children,
  onConfirm,
  onClose,
}: Omit<TypeNameDialogProps, "title" | "hint" | "name"> & { readonly name: string }) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState("");
  const ready = typed === name && !disabled;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) onConfirm();
      }}
    >
      {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
      {children}
      <Field label={label ?? t("typeName", { name })}>
        <Input value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" tone="danger" busy={busy} disabled={!ready}>
          {action}
        </Button>
      </div>
    </form>
  );
}
