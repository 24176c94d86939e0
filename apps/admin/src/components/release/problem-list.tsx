"use client";

import Link from "next/link";
import { useTranslations } from "use-intl";
import type { ResourceProblem } from "../resource/config-types.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { Icon } from "../ui/icon.tsx";

/** What is wrong with the draft, each with a link to the very field. */
export function ProblemList({ problems }: { readonly problems: readonly ResourceProblem[] }) {
  const t = useTranslations("release");
  return (
    <ul aria-label={t("problems")} className="overflow-hidden rounded-lg border border-line">
      {problems.map(({ resource, problem }) => (
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
    </ul>
  );
}
