"use client";

import type { ImportNote, ImportPreview } from "@sluice/config";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { DiffList } from "../release/diff-list.tsx";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Notice } from "../ui/notice.tsx";
import { PathText } from "../ui/path-text.tsx";
import { type Column, Table } from "../ui/table.tsx";

const TONES: Readonly<Record<ImportNote["kind"], Tone>> = {
  ignored: "neutral",
  not_understood: "bad",
  differs: "warn",
  secret_missing: "warn",
};

const PROBLEMS_SHOWN = 50;

/** What would be made and changed, what was left, and what is wrong with it. */
export function ImportPreviewView({
  preview,
  action,
}: {
  readonly preview: ImportPreview;
  readonly action: ReactNode;
}) {
  const t = useTranslations("transfer");
  const { changes, unchanged, routeTests, ignored, problems } = preview;
  const nothing = changes.length + routeTests.length === 0;
  const notes: readonly Column<ImportNote>[] = [
    {
      id: "kind",
      header: t("preview.kind"),
      cell: ({ kind }) => <Badge tone={TONES[kind]}>{t(`notes.${kind}`)}</Badge>,
    },
    {
      id: "place",
      header: t("preview.place"),
      cell: ({ position }) =>
        position && (
          <code className="font-mono text-xs wrap-anywhere">
            {position.file}:{position.line}
          </code>
        ),
    },
    {
      id: "what",
      header: t("preview.what"),
      cell: ({ path }) => (
        <code className="font-mono text-xs wrap-anywhere">
          <PathText path={path} />
        </code>
      ),
    },
    { id: "reason", header: t("preview.reason"), cell: ({ reason }) => reason },
  ];
  return (
    <section aria-label={t("preview.title")} aria-live="polite" className="flex flex-col gap-5">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="text-base font-semibold">{t("preview.title")}</h2>
        <Badge tone="info">{t(`formats.${preview.format}`)}</Badge>
        <span className="text-sm text-muted">
          {t("preview.counts", {
            changes: changes.length,
            unchanged: unchanged.length,
            notes: ignored.length,
          })}
        </span>
        <span className="flex-1" />
        {action}
      </div>
      {nothing && <Notice tone="ok">{t("preview.nothing")}</Notice>}
      {routeTests.length > 0 && (
        <p className="text-sm">{t("preview.routeTests", { names: routeTests.join(", ") })}</p>
      )}
      {ignored.length > 0 && (
        <Table
          framed
          label={t("preview.notes")}
          columns={notes}
          rows={ignored}
          rowKey={(note) => `${note.path} ${note.reason} ${note.position?.line ?? ""}`}
        />
      )}
      {problems.length > 0 && (
        <Notice tone="warn" title={t("preview.problems", { count: problems.length })}>
          <ul>
            {problems.slice(0, PROBLEMS_SHOWN).map(({ resource, problem }) => (
              <li key={`${resource.kind}/${resource.name}/${problem.path}/${problem.message}`}>
                <code className="font-mono text-xs">
                  {resource.kind}/{resource.name} {problem.path}
                </code>{" "}
                {problem.message}
              </li>
            ))}
          </ul>
          {problems.length > PROBLEMS_SHOWN &&
            t("preview.moreProblems", { count: problems.length - PROBLEMS_SHOWN })}
        </Notice>
      )}
      {changes.length > 0 && (
        <DiffList diffs={changes} beforeLabel={t("preview.before")} afterLabel={t("preview.after")} />
      )}
    </section>
  );
}
