"use client";

import { spanTitle } from "@sluice/telemetry/measures";
import { useTranslations } from "use-intl";
import { Badge } from "../ui/badge.tsx";
import { LinkButton } from "../ui/button.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import type { WaterfallRow } from "./layout-waterfall.ts";
import { clusterOfSpan } from "./span-links.ts";

export interface SpanDetailProps {
  readonly row: WaterfallRow;
  readonly traceStartNs: bigint;
}

/** Everything that a span says, and the way to the configuration that made its decision. */
export function SpanDetail({ row, traceStartNs }: SpanDetailProps) {
  const t = useTranslations("traces");
  const quantity = useQuantity();
  const { span } = row;
  const title = spanTitle(span);
  const cluster = clusterOfSpan(span);
  const facts: readonly (readonly [string, string])[] = [
    ...(title === span.name ? [] : [[t("detail.name"), span.name] as const]),
    [t("detail.service"), span.service],
    [t("detail.node"), span.node],
    [t("detail.kind"), t(`kinds.${span.kind}`)],
    [t("detail.start"), `+${quantity(row.startMs, "milliseconds")}`],
    [t("detail.duration"), quantity(row.durationMs, "milliseconds")],
    [t("detail.self"), quantity(row.selfMs, "milliseconds")],
  ];
  const attributes = Object.entries(span.attributes).toSorted(([left], [right]) => left.localeCompare(right));
  return (
    <aside
      aria-label={title}
      className="flex w-96 shrink-0 flex-col gap-4 overflow-y-auto border-l border-line p-4 max-lg:w-full max-lg:overflow-visible max-lg:border-t max-lg:border-l-0"
    >
      <div>
        <h2 className="text-base font-semibold wrap-anywhere">{title}</h2>
        <div className="mt-1 flex flex-wrap gap-1">
          {span.error && <Badge tone="bad">{t("detail.error")}</Badge>}
          {row.orphan && <Badge tone="warn">{t("detail.orphan")}</Badge>}
        </div>
      </div>
      <Facts facts={facts} />
      {cluster !== undefined && (
        <LinkButton
          href={`/clusters/${encodeURIComponent(cluster)}`}
          icon="clusters"
          size="sm"
          className="self-start"
        >
          {t("detail.cluster", { name: cluster })}
        </LinkButton>
      )}
      <section aria-label={t("detail.attributes")}>
        <h3 className="mb-2 text-sm font-semibold">{t("detail.attributes")}</h3>
        {attributes.length === 0 ? (
          <p className="text-sm text-muted">{t("detail.noAttributes")}</p>
        ) : (
          <Facts facts={attributes.map(([name, value]) => [name, String(value)])} />
        )}
      </section>
      {span.events.length > 0 && (
        <section aria-label={t("detail.events")}>
          <h3 className="mb-2 text-sm font-semibold">{t("detail.events")}</h3>
          <Facts
            facts={span.events.map((event) => [
              `+${quantity(Number(event.atNs - traceStartNs) / 1e6, "milliseconds")}`,
              event.name,
            ])}
          />
        </section>
      )}
    </aside>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl className="flex flex-col text-sm">
      {facts.map(([name, value]) => (
        <div
          key={`${name} ${value}`}
          className="flex flex-wrap justify-between gap-x-4 border-b border-line py-1"
        >
          <dt className="text-muted wrap-anywhere">{name}</dt>
          <dd className="tabular min-w-0 wrap-anywhere">{value === "" ? "–" : value}</dd>
        </div>
      ))}
    </dl>
  );
}
