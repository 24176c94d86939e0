"use client";

import { useId } from "react";
import { useTranslations } from "use-intl";
import { Icon } from "../ui/icon.tsx";
import { SearchInput } from "../ui/input.tsx";
import type { ParsedRequestFilter } from "./parse-request-filter.ts";

export interface FilterInputProps {
  readonly value: string;
  readonly parsed: ParsedRequestFilter;
  readonly onChange: (value: string) => void;
}

/** The filter language, with its mistake in words below. */
export function FilterInput({ value, parsed, onChange }: FilterInputProps) {
  const t = useTranslations("requests");
  const messageId = useId();
  const problem = parsed.ok ? undefined : parsed.problem;
  const suggestion = problem?.suggestion ? t("problems.suggestion", { field: problem.suggestion }) : "";
  return (
    <div className="min-w-56 flex-1">
      <SearchInput
        label={t("filterLabel")}
        placeholder={t("filter")}
        value={value}
        aria-invalid={problem === undefined ? undefined : true}
        aria-describedby={problem === undefined ? undefined : messageId}
        onChange={(event) => onChange(event.target.value)}
        className="font-mono"
      />
      {problem && (
        <p id={messageId} role="status" className="mt-1 flex gap-1 text-xs text-bad">
          <Icon name="error" size={14} className="mt-px" />
          {t(`problems.${problem.code}`, { word: problem.word, suggestion })}
        </p>
      )}
    </div>
  );
}
