"use client";

import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/button.tsx";
import { PathText } from "../ui/path-text.tsx";
import { showValue } from "./show-value.ts";

export interface FieldChoicesProps {
  /** Each with two values to choose between. */
  readonly fields: readonly { readonly path: string; readonly a: unknown; readonly b: unknown }[];
  /** What the two sides are called. */
  readonly labels: { readonly a: string; readonly b: string };
  readonly submit: string;
  readonly busy?: boolean;
  readonly onSubmit: (choice: (path: string) => "a" | "b") => void;
}

/** Conflicting values side by side, one of each to be chosen; nothing is chosen beforehand. */
export function FieldChoices({ fields, labels, submit, busy = false, onSubmit }: FieldChoicesProps) {
  const t = useTranslations("release");
  const [chosen, setChosen] = useState<Readonly<Record<string, "a" | "b">>>({});
  const open = fields.filter(({ path }) => chosen[path] === undefined).length;
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (open === 0) onSubmit((path) => chosen[path] ?? "b");
      }}
    >
      {fields.map((field) => (
        <fieldset key={field.path} className="rounded-lg border border-line">
          <legend className="ml-2 px-1 font-mono text-xs wrap-anywhere text-muted">
            {field.path === "" ? t("wholeResource") : <PathText path={field.path} />}
          </legend>
          <div className="grid gap-px sm:grid-cols-2">
            {(["a", "b"] as const).map((side) => (
              <label
                key={side}
                className="flex cursor-pointer items-start gap-2 px-3 py-2 text-sm hover:bg-hover has-checked:bg-accent-soft"
              >
                <input
                  type="radio"
                  name={field.path}
                  checked={chosen[field.path] === side}
                  onChange={() => setChosen({ ...chosen, [field.path]: side })}
                  className="mt-0.5"
                />
                <span className="min-w-0">
                  <span className="block text-xs text-muted">{labels[side]}</span>
                  <span className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">
                    {field[side] === undefined ? t("absent") : showValue(field[side])}
                  </span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <div className="flex items-center gap-3">
        <Button type="submit" size="sm" tone="primary" disabled={open > 0} busy={busy}>
          {submit}
        </Button>
        {open > 0 && <span className="text-xs text-muted">{t("toChoose", { count: open })}</span>}
      </div>
    </form>
  );
}
