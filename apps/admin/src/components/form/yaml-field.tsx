"use client";

import { type ChangeEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { stringify } from "yaml";
import { valueAt } from "../resource/field-value.ts";
import { readYaml } from "../resource/read-yaml.ts";
import { Field } from "../ui/field.tsx";
import { Textarea } from "../ui/input.tsx";
import { useForm, useFormField } from "./form-context.tsx";

/** A part of the resource that has no form of its own, as YAML. Kept as typed while it does not parse. */
export function YamlField({ path, label }: { readonly path: string; readonly label: string }) {
  const t = useTranslations("config");
  const { value } = useForm();
  const field = useFormField(path, true);
  const [typed, setTyped] = useState<string>();
  const [broken, setBroken] = useState<string>();
  const current = valueAt(value, path);
  const text = typed ?? (current === undefined ? "" : stringify(current, { lineWidth: 0 }));
  return (
    <Field
      label={label}
      error={broken ? t("brokenYaml", { message: broken }) : field.error}
      warning={field.warning}
    >
      <Textarea
        value={text}
        readOnly={field.readOnly}
        rows={Math.min(20, Math.max(3, text.split("\n").length))}
        className="font-mono text-xs"
        onBlur={() => {
          if (!broken) setTyped(undefined);
        }}
        onChange={(event: ChangeEvent<HTMLTextAreaElement>) => {
          const next = event.target.value;
          setTyped(next);
          const { value: parsed, error } = readYaml(next);
          setBroken(error);
          if (error === undefined) field.set(parsed ?? undefined);
        }}
      />
    </Field>
  );
}
