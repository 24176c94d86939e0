"use client";

import { cloneElement, type FormEvent, type ReactElement, useId, useState } from "react";
import { useTranslations } from "use-intl";
import { classes } from "./classes.ts";
import { Icon } from "./icon.tsx";
import { useFieldRefusal } from "./refused-fields.tsx";

interface ControlProps {
  readonly name?: string | undefined;
  readonly id?: string;
  readonly "aria-describedby"?: string | undefined;
  readonly "aria-invalid"?: boolean | undefined;
  readonly "aria-required"?: boolean | undefined;
}

export interface FieldProps {
  readonly label: string;
  /** One short sentence: what it is, unit, default. */
  readonly hint?: string | undefined;
  /** What is wrong and what to do; stands at the field and is read with it. */
  readonly error?: string | undefined;
  /** Works, but look at it. */
  readonly warning?: string | undefined;
  readonly required?: boolean;
  /** Keeps the label for screen readers only, where a column header says it. */
  readonly labelHidden?: boolean;
  readonly className?: string;
  readonly children: ReactElement<ControlProps>;
}

/** A control with its label, its documentation and its problem, tied together for assistive technology. */
export function Field({
  label,
  hint,
  error: told,
  warning,
  required,
  labelHidden,
  className,
  children,
}: FieldProps) {
  const t = useTranslations("common.invalid");
  const id = useId();
  const [refused, setRefused] = useState<string>();
  const answered = useFieldRefusal(children.props.name);
  const error = told ?? refused ?? answered;

  /** What the browser would say in a bubble, in its own language, stands at the field in the page's. */
  function onInvalid(event: FormEvent<HTMLDivElement>): void {
    const control = event.target;
    if (!isControl(control)) return;
    event.preventDefault();
    if (control.form?.querySelector(":invalid:not(fieldset)") === control) control.focus();
    const { valueMissing, typeMismatch } = control.validity;
    if (valueMissing) setRefused(t("missing"));
    else if (typeMismatch && (control.type === "email" || control.type === "url"))
      setRefused(t(control.type));
    else setRefused(control.validationMessage);
  }

  const messages = [hint && `${id}-hint`, error && `${id}-error`, warning && `${id}-warning`].filter(Boolean);
  return (
    <div
      className={classes("flex min-w-0 flex-col gap-1", className)}
      onInvalidCapture={onInvalid}
      onInputCapture={() => setRefused(undefined)}
    >
      <label htmlFor={id} className={labelHidden ? "sr-only" : "text-sm font-medium"}>
        {label}
        {required && (
          <span aria-hidden="true" className="text-bad">
            {" *"}
          </span>
        )}
      </label>
      {cloneElement(children, {
        id,
        "aria-describedby": messages.length > 0 ? messages.join(" ") : undefined,
        "aria-invalid": error === undefined ? undefined : true,
        "aria-required": required || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-faint">
          {hint}
        </p>
      )}
      {error && <FieldMessage id={`${id}-error`} tone="error" text={error} />}
      {warning && <FieldMessage id={`${id}-warning`} tone="warning" text={warning} />}
    </div>
  );
}

function isControl(
  target: EventTarget,
): target is HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  );
}

export function FieldMessage({
  id,
  tone,
  text,
}: {
  readonly id?: string;
  readonly tone: "error" | "warning";
  readonly text: string;
}) {
  return (
    <p id={id} className={classes("flex gap-1 text-xs", tone === "error" ? "text-bad" : "text-warn")}>
      <Icon name={tone} size={14} className="mt-px" />
      <span className="min-w-0 break-words">{text}</span>
    </p>
  );
}
