"use client";

import { useTranslations } from "use-intl";
import type { FieldEdit } from "../resource/config-types.ts";
import { has, textAt } from "../resource/field-value.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { TextField } from "./fields.tsx";
import { useForm, useFormList } from "./form-context.tsx";
import { RemoveRow } from "./remove-row.tsx";

const KINDS = ["exact", "prefix", "suffix", "contains", "safe_regex", "present"] as const;
type Kind = (typeof KINDS)[number];

/** Conditions on request headers, all of which must hold. */
export function HeaderMatchers({ path }: { readonly path: string }) {
  const t = useTranslations("config.route");
  const list = useFormList(path);
  const { edit } = useForm();
  if (list.items.length === 0 && list.readOnly) return null;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className={list.items.length > 0 ? "mb-1 text-sm font-medium" : "sr-only"}>
        {t("headers")}
      </legend>
      {list.items.map((header, index) => {
        const at = `${path}[${index}]`;
        const kind = kindOf(header);
        return (
          <div key={at} className="grid grid-cols-[minmax(0,1fr)_120px_minmax(0,1fr)_24px] items-start gap-2">
            <TextField
              path={`${at}.name`}
              label={t("headerName", { number: index + 1 })}
              labelHidden
              placeholder="x-version"
            />
            <Field label={t("headerRule", { number: index + 1 })} labelHidden>
              <Select
                value={kind ?? ""}
                disabled={list.readOnly}
                onChange={(event) => edit(kindEdits(at, header, event.target.value as Kind))}
              >
                {kind === undefined && <option value="">{t("otherMatch")}</option>}
                {KINDS.map((name) => (
                  <option key={name} value={name}>
                    {t(`headerRules.${name}`)}
                  </option>
                ))}
              </Select>
            </Field>
            {kind && kind !== "present" ? (
              <TextField
                path={valuePath(at, kind)}
                label={t("headerValue", { number: index + 1 })}
                labelHidden
              />
            ) : (
              <span />
            )}
            {!list.readOnly && (
              <RemoveRow
                label={t("removeHeader", { number: index + 1 })}
                onClick={() => list.remove(index)}
              />
            )}
          </div>
        );
      })}
      {!list.readOnly && (
        <div>
          <Button
            size="sm"
            icon="plus"
            onClick={() => list.insert({ name: "", string_match: { exact: "" } })}
          >
            {t("addHeader")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function kindOf(header: unknown): Kind | undefined {
  if (has(header, "present_match")) return "present";
  return KINDS.find((kind) => kind !== "present" && has(header, `string_match.${kind}`));
}

function valuePath(at: string, kind: Kind): string {
  return kind === "safe_regex" ? `${at}.string_match.safe_regex.regex` : `${at}.string_match.${kind}`;
}

function kindEdits(at: string, header: unknown, kind: Kind): readonly FieldEdit[] {
  if (kind === "present")
    return [
      { op: "remove", path: `${at}.string_match` },
      { op: "set", path: `${at}.present_match`, value: true },
    ];
  const before = kindOf(header);
  const text = before && before !== "present" ? textAt(header, valuePath("", before).slice(1)) : "";
  return [
    { op: "remove", path: `${at}.present_match` },
    {
      op: "set",
      path: `${at}.string_match`,
      value: { [kind]: kind === "safe_regex" ? { regex: text } : text },
    },
  ];
}
