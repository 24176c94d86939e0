"use client";

import { type ChangeEvent, useState } from "react";
import { listAt } from "../resource/field-value.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import type { PathFieldProps } from "./fields.tsx";
import { useForm, useFormField } from "./form-context.tsx";

/** A list of names in one line, divided by commas or spaces. */
export function DomainsField({ path, label, hint, placeholder }: PathFieldProps) {
  const { value } = useForm();
  const field = useFormField(path, true);
  const [typed, setTyped] = useState<string>();
  const text = listAt(value, path).map(String).join(", ");
  return (
    <Field label={label} hint={hint} error={field.error} warning={field.warning} required>
      <Input
        data-path={path}
        value={typed ?? text}
        placeholder={placeholder ?? "example.com, *.example.com"}
        readOnly={field.readOnly}
        onBlur={() => setTyped(undefined)}
        onChange={(event: ChangeEvent<HTMLInputElement>) => {
          setTyped(event.target.value);
          field.set(event.target.value.split(/[\s,]+/).filter(Boolean));
        }}
      />
    </Field>
  );
}
