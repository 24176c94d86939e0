"use client";

import { useCallback } from "react";
import { useTranslations } from "use-intl";
import { type InputIssue, refusalOf } from "./refusal.ts";

/** What is wrong with a value, in the page's language as far as the schema's words can be told apart. */
export function useIssueWords(): (issue: InputIssue) => string {
  const t = useTranslations("common.invalid");
  return useCallback(
    ({ code, origin, limit, message }) => {
      const isLow = code === "too_small";
      if (limit === undefined || !(isLow || code === "too_big")) return t("other", { words: message });
      const count = limit;
      if (origin === "string")
        return isLow ? (count === 1 ? t("missing") : t("tooShort", { count })) : t("tooLong", { count });
      if (origin === "array" || origin === "set")
        return isLow ? t("tooFew", { count }) : t("tooMany", { count });
      return isLow ? t("tooSmall", { count }) : t("tooBig", { count });
    },
    [t],
  );
}

/** Why a call did not work, for people: the server's words, what is wrong by field, or that the server is away. */
export function useRefusalWords(): (error: unknown) => string {
  const t = useTranslations("common");
  const issueWords = useIssueWords();
  return useCallback(
    (error) => {
      const { message, issues, problems } = refusalOf(error);
      const at = (field: string, words: string): string =>
        field === "" ? words : t("invalid.at", { field, words });
      if (problems.length > 0)
        return problems
          .map(({ resource, problem }) =>
            at([resource.name, problem.path].filter(Boolean).join(" "), problem.message),
          )
          .join(" ");
      if (issues.length > 0) return issues.map((issue) => at(issue.path, issueWords(issue))).join(" ");
      return message || t("unreachable");
    },
    [t, issueWords],
  );
}
