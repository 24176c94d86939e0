"use client";

import dynamic from "next/dynamic";
import { useId } from "react";
import { useTranslations } from "use-intl";
import { Icon } from "../ui/icon.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import type { ConfigProblem, ResourceKind } from "./config-types.ts";

const YamlEditor = dynamic(() => import("../yaml/yaml-editor.tsx").then((module) => module.YamlEditor), {
  ssr: false,
  loading: () => <SkeletonRows rows={10} />,
});

export interface YamlViewProps {
  readonly kind: ResourceKind;
  readonly name: string | undefined;
  readonly text: string;
  readonly problems: readonly ConfigProblem[];
  readonly readOnly: boolean;
  /** Field path to show first. */
  readonly at?: string | undefined;
  readonly onChange: (text: string) => void;
}

/** The text itself, with what is wrong with it listed below. */
export function YamlView({ kind, name, text, problems, readOnly, at, onChange }: YamlViewProps) {
  const t = useTranslations("config");
  const leaving = useId();
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="min-h-64 flex-1 overflow-hidden">
        <YamlEditor
          kind={kind}
          text={text}
          problems={problems}
          readOnly={readOnly}
          at={at}
          label={name === undefined ? t("yamlOfNew") : t("yamlOf", { name })}
          describedBy={leaving}
          onChange={onChange}
        />
      </div>
      <p
        id={leaving}
        className="shrink-0 border-t border-line px-6 py-1 text-xs text-faint empty:hidden max-sm:px-4"
      >
        {readOnly ? "" : t("leaveYaml")}
      </p>
      {problems.length > 0 && (
        <ul
          aria-label={t("problems")}
          className="max-h-40 shrink-0 overflow-y-auto border-t border-line bg-canvas py-2"
        >
          {problems.map((problem) => (
            <li
              key={`${problem.path}:${problem.message}`}
              className="flex items-start gap-2 px-6 py-1 text-sm max-sm:px-4"
            >
              <Icon
                name={problem.severity === "error" ? "error" : "warning"}
                size={14}
                className={problem.severity === "error" ? "mt-1 text-bad" : "mt-1 text-warn"}
              />
              <span className="min-w-0">
                {problem.position && (
                  <span className="mr-2 text-xs text-faint tabular">
                    {t("lineColumn", { line: problem.position.line, column: problem.position.column })}
                  </span>
                )}
                <span className="sr-only">{t(`severity.${problem.severity}`)} </span>
                {problem.message}
                {problem.path && (
                  <code className="ml-2 font-mono text-xs wrap-anywhere text-faint">{problem.path}</code>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
