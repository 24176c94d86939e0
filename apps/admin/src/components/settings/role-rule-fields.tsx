"use client";

import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import type { RoleRule } from "../../server/sign-on/sign-on-contract.ts";
import { RemoveRow } from "../form/remove-row.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";

export interface RoleRuleFieldsProps {
  readonly rules: readonly RoleRule[];
  /** Names of the roles that there are. */
  readonly roles: readonly string[];
  readonly onChange: (rules: readonly RoleRule[]) => void;
}

/** Which group of the provider's gets which role: in order, the first that fits counts. */
export function RoleRuleFields({ rules, roles, onChange }: RoleRuleFieldsProps) {
  const t = useTranslations("signOn.fields");
  const roleName = useRoleName();
  const replace = (at: number, rule: RoleRule): void => onChange(rules.with(at, rule));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="text-sm font-medium">{t("rules")}</legend>
      <p className="text-xs text-faint">{t("rulesHint")}</p>
      {rules.map((rule, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule is known by its place alone
        <div key={at} className="flex items-start gap-2">
          <Field label={`${t("value")} ${at + 1}`} labelHidden className="flex-1">
            <Input
              value={rule.value}
              placeholder={t("value")}
              maxLength={500}
              onChange={({ target }) => replace(at, { ...rule, value: target.value })}
            />
          </Field>
          <Field label={`${t("role")} ${at + 1}`} labelHidden className="w-44">
            <Select value={rule.role} onChange={({ target }) => replace(at, { ...rule, role: target.value })}>
              {[...new Set([rule.role, ...roles])].map((name) => (
                <option key={name} value={name}>
                  {roleName(name)}
                </option>
              ))}
            </Select>
          </Field>
          <RemoveRow
            label={t("removeRule", { number: at + 1 })}
            onClick={() => onChange(rules.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button size="sm" icon="plus" onClick={() => onChange([...rules, { value: "", role: "viewer" }])}>
          {t("addRule")}
        </Button>
      </div>
    </fieldset>
  );
}
