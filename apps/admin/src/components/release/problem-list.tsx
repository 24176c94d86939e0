"use client";

import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { ResourceProblem } from "../resource/config-types.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

const SHOWN = 50;

/** What is wrong with the draft, each with a link to the very field. */
export function ProblemList({
  problems,
  total = problems.length,
}: {
  readonly problems: readonly ResourceProblem[];
  /** Where these are only the first: how many there are. */
  readonly total?: number;
}) {
  const t = useTranslations("release");
  const [all, setAll] = useState(false);
  const shown = all ? problems : problems.slice(0, SHOWN);
  return (
    <ul aria-label={t("problems")} className="overflow-hidden rounded-lg border border-line">
      {shown.map(({ resource, problem }) => (
        <li
          key={`${resource.kind}/${resource.name}/${problem.path}/${problem.message}`}
          className="border-b border-line last:border-b-0"
        >
          <Link
            href={resourceHref(resource, problem.path)}
            className="flex items-start gap-2 px-3 py-2 text-sm hover:bg-hover"
          >
            <Icon
              name={problem.severity === "error" ? "error" : "warning"}
              className={problem.severity === "error" ? "mt-0.5 text-bad" : "mt-0.5 text-warn"}
            />
            <span className="min-w-0 flex-1">
              <span className="block">{problem.message}</span>
              <code className="font-mono text-xs wrap-anywhere text-muted">
                {resource.kind}/{resource.name} {problem.path}
              </code>
            </span>
            <Icon name="arrowRight" size={14} className="mt-1 text-faint" />
          </Link>
        </li>
      ))}
      {total > shown.length && (
        <li className="px-3 py-1.5">
          {shown.length < problems.length ? (
            <Button size="sm" tone="quiet" onClick={() => setAll(true)}>
              {t("moreProblems", { count: total - shown.length })}
            </Button>
          ) : (
            <span className="text-xs text-muted">{t("moreProblems", { count: total - shown.length })}</span>
          )}
        </li>
      )}
    </ul>
  );
}
