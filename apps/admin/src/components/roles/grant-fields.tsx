"use client";

import { type Grant, limitsOf, PERMISSION_NAMES, type Permission } from "@sluice/config/browser";
import type { ChangeEvent } from "react";
import { useTranslations } from "use-intl";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

/** What is being typed: a line for each chosen permission, limits as text with commas. */
export type GrantForm = Readonly<Partial<Record<Permission, GrantLimits>>>;
export interface GrantLimits {
  readonly groups: string;
  readonly kinds: string;
  readonly selector: string;
}
const NO_LIMITS: GrantLimits = { groups: "", kinds: "", selector: "" };

/** Every permission with a check box, and its limits once it is chosen. */
export function GrantFields({
  form,
  onChange,
}: {
  readonly form: GrantForm;
  readonly onChange: (form: GrantForm) => void;
}) {
  const t = useTranslations("roles");
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="pb-1 text-sm font-medium">{t("permissions")}</legend>
      {PERMISSION_NAMES.map((permission) => {
        const limits = form[permission];
        return (
          <div key={permission}>
            <label className="flex items-start gap-2 text-sm">
              <input
                type="checkbox"
                className="mt-1"
                checked={limits !== undefined}
                onChange={(event) => {
                  const { [permission]: _gone, ...rest } = form;
                  onChange(event.target.checked ? { ...form, [permission]: NO_LIMITS } : rest);
                }}
              />
              <span>
                <code className="font-mono text-xs">{permission}</code>
                <span className="block text-xs text-muted">{t(`about.${permission.replace(".", "_")}`)}</span>
              </span>
            </label>
            {limits !== undefined && limitsOf(permission).length > 0 && (
              <div className="mt-1 mb-2 ml-6 grid gap-2">
                {limitsOf(permission).map((limit) => (
                  <Field key={limit} label={t(`limits.${limit}`)} hint={t("limitHint")}>
                    <Input
                      value={limits[limit]}
                      onChange={(event: ChangeEvent<HTMLInputElement>) =>
                        onChange({ ...form, [permission]: { ...limits, [limit]: event.target.value } })
                      }
                    />
                  </Field>
                ))}
              </div>
            )}
          </div>
        );
      })}
    </fieldset>
  );
}

export function formOfGrants(grants: readonly Grant[]): GrantForm {
  return Object.fromEntries(
    grants.map(({ permission, groups, kinds, selector }) => [
      permission,
      { groups: groups?.join(", ") ?? "", kinds: kinds?.join(", ") ?? "", selector: selector ?? "" },
    ]),
  );
}

/** For the API, which says in words what is wrong with a limit. */
export function grantsOfForm(form: GrantForm) {
  return PERMISSION_NAMES.flatMap((permission) => {
    const limits = form[permission];
    if (limits === undefined) return [];
    const { groups, kinds, selector } = limits;
    return [
      {
        permission,
        ...(groups.trim() === "" ? {} : { groups: listOf(groups) }),
        ...(kinds.trim() === "" ? {} : { kinds: listOf(kinds) }),
        ...(selector.trim() === "" ? {} : { selector: selector.trim() }),
      },
    ];
  });
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
