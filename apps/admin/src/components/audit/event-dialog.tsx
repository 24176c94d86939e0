"use client";

import type { AuditEvent, FieldDiff } from "@sluice/config/browser";
import { useTranslations } from "use-intl";
import { Dialog } from "../ui/dialog.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";

/** One event, with what was there before and after. */
export function EventDialog({
  event,
  onClose,
}: {
  readonly event: AuditEvent;
  readonly onClose: () => void;
}) {
  const t = useTranslations("audit");
  const { fields, rest } = split(event.details);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`${event.action} ${event.subject}`}>
      <div className="flex flex-col gap-4 text-sm">
        <p className="text-muted">
          {event.actor} · <RelativeTime at={event.at} />
        </p>
        {fields.length > 0 && (
          <Table
            label={t("changes")}
            rows={fields}
            rowKey={(field) => field.path}
            columns={[
              { id: "path", header: t("field"), cell: (field) => <Code text={field.path} /> },
              { id: "before", header: t("before"), cell: (field) => <Code text={shown(field.before)} /> },
              { id: "after", header: t("after"), cell: (field) => <Code text={shown(field.after)} /> },
            ]}
          />
        )}
        {rest !== undefined && (
          <section
            aria-label={t("columns.details")}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it
            tabIndex={0}
            className="max-h-80 overflow-auto rounded-md border border-line p-3"
          >
            <pre className="font-mono text-xs whitespace-pre-wrap">{JSON.stringify(rest, undefined, 2)}</pre>
          </section>
        )}
      </div>
    </Dialog>
  );
}

function Code({ text }: { readonly text: string }) {
  return <code className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">{text}</code>;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 1);
}

function split(details: unknown): { readonly fields: readonly FieldDiff[]; readonly rest: unknown } {
  if (typeof details !== "object" || details === null) return { fields: [], rest: details ?? undefined };
  if (!("fields" in details) || !Array.isArray(details.fields)) return { fields: [], rest: details };
  const { fields, ...rest } = details as { readonly fields: readonly FieldDiff[] };
  return { fields, rest: Object.keys(rest).length === 0 ? undefined : rest };
}
