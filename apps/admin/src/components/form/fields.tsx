"use client";

import { type ChangeEvent, useState } from "react";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { type FormField, useFormField } from "./form-context.tsx";

export interface PathFieldProps {
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly labelHidden?: boolean;
  readonly className?: string;
}

/** What a form's control has in common: label, documentation and what is wrong. */
export function fieldProps(
  { label, hint, required = false, labelHidden = false, className = "" }: PathFieldProps,
  { error, warning }: FormField,
) {
  return { label, hint, required, labelHidden, className, error, warning };
}

/** Text as it stands in the configuration; empty removes the field. */
export function TextField(props: PathFieldProps) {
  const { path, placeholder } = props;
  const field = useFormField(path, true);
  return (
    <Field {...fieldProps(props, field)}>
      <Input
        data-path={path}
        value={field.text}
        placeholder={placeholder}
        readOnly={field.readOnly}
        onChange={(event: ChangeEvent<HTMLInputElement>) => field.set(event.target.value || undefined)}
      />
    </Field>
  );
}

/** A whole number. What is no number is kept as typed, and the check says so at the field. */
export function NumberField(props: PathFieldProps) {
  const { path, placeholder } = props;
  const field = useFormField(path);
  const [typed, setTyped] = useState<string>();
  return (
    <Field {...fieldProps(props, field)}>
      <Input
        data-path={path}
        inputMode="numeric"
        value={typed ?? field.text}
        placeholder={placeholder}
        readOnly={field.readOnly}
        onBlur={() => setTyped(undefined)}
        onChange={(event: ChangeEvent<HTMLInputElement>) => {
          const text = event.target.value;
          setTyped(text);
          field.set(text.trim() === "" ? undefined : /^\d+$/.test(text.trim()) ? Number(text) : text);
        }}
      />
    </Field>
  );
}

export interface SelectFieldProps extends PathFieldProps {
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** What the absent field means; choosing it removes the field. */
  readonly defaultValue?: string;
  readonly onChange?: (value: string) => void;
}

/** One of several; a value that is not among them stays and is shown as it is. */
export function SelectField(props: SelectFieldProps) {
  const { path, options, defaultValue, onChange } = props;
  const field = useFormField(path);
  const value = field.text || (defaultValue ?? "");
  const known = options.some((option) => option.value === value);
  return (
    <Field {...fieldProps(props, field)}>
      <Select
        data-path={path}
        value={value}
        disabled={field.readOnly}
        onChange={(event: ChangeEvent<HTMLSelectElement>) =>
          onChange ? onChange(event.target.value) : field.set(event.target.value)
        }
      >
        {!known && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </Select>
    </Field>
  );
}
