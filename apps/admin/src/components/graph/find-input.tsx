"use client";

import { useId } from "react";
import { useTranslations } from "use-intl";
import { Icon } from "../ui/icon.tsx";
import { SearchInput } from "../ui/input.tsx";
import type { ParsedFind } from "./parse-find-expression.ts";

export interface FindInputProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly parsed: ParsedFind;
  /** What the expression did, in words; shown while it is understood. */
  readonly outcome: string | undefined;
  readonly onChange: (value: string) => void;
}

/** An expression of the find-and-hide language, with its mistake in words below. */
export function FindInput({ label, placeholder, value, parsed, outcome, onChange }: FindInputProps) {
  const t = useTranslations("topology");
  const messageId = useId();
  const message = parsed.ok ? outcome : t(`problems.${parsed.code}`, { word: parsed.word });
  return (
    <div className="relative min-w-40 flex-1">
      <SearchInput
        label={label}
        placeholder={placeholder}
        value={value}
        aria-invalid={parsed.ok ? undefined : true}
        aria-describedby={message === undefined ? undefined : messageId}
        onChange={(event) => onChange(event.target.value)}
      />
      {message !== undefined && (
        <p
          id={messageId}
          role="status"
          className={
            parsed.ok
              ? "tabular pointer-events-none absolute top-1/2 right-8 -translate-y-1/2 bg-surface pl-1 text-xs text-faint"
              : "absolute top-full left-0 z-20 mt-1 flex gap-1 rounded-md border border-line bg-surface px-2 py-1 text-xs text-bad shadow-pop"
          }
        >
          {!parsed.ok && <Icon name="error" size={14} className="mt-px" />}
          {message}
        </p>
      )}
    </div>
  );
}
