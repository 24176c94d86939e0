import type { Summary } from "@sluice/telemetry";
import type { ReactNode } from "react";
import { useLocale, useTranslations } from "use-intl";
import { formatChange, formatShare, relativeChange } from "../../../components/chart/format-figures.ts";
import type { SeriesTone } from "../../../components/chart/series-style.ts";
import { Sparkline } from "../../../components/chart/sparkline.tsx";
import type { TrafficColumns } from "../../../components/chart/traffic-columns.ts";
import { useQuantity } from "../../../components/ui/quantity.tsx";

export interface HeadFiguresProps {
  readonly now: Summary;
  readonly hourAgo: Summary | undefined;
  readonly columns: TrafficColumns | undefined;
}

/** The four figures that say whether all is well, now against an hour ago. */
export function HeadFigures({ now, hourAgo, columns }: HeadFiguresProps) {
  const t = useTranslations("overview");
  const quantity = useQuantity();
  const locale = useLocale();
  const share = (value: number | undefined): string =>
    value === undefined ? "–" : formatShare(value, locale);
  return (
    <section aria-label={t("figures.heading")} className="px-6 max-sm:px-4">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line lg:grid-cols-4">
        <Figure
          label={t("figures.rate")}
          value={quantity(now.requestsPerSecond, "perSecond")}
          before={hourAgo && quantity(hourAgo.requestsPerSecond, "perSecond")}
          change={relativeChange(now.requestsPerSecond, hourAgo?.requestsPerSecond)}
          spark={columns?.rate}
        />
        <Figure
          label={t("figures.success")}
          value={share(now.successRate)}
          tone={toneOfSuccess(now.successRate)}
          before={hourAgo && share(hourAgo.successRate)}
          spark={columns?.success}
        />
        <Figure
          label={t("figures.latency")}
          value={quantity(now.p95Ms, "milliseconds")}
          before={hourAgo && quantity(hourAgo.p95Ms, "milliseconds")}
          change={relativeChange(now.p95Ms, hourAgo?.p95Ms)}
          spark={columns?.p95}
          beside={
            <>
              p50 {quantity(now.p50Ms, "milliseconds")} · p99 {quantity(now.p99Ms, "milliseconds")}
            </>
          }
        />
        <Figure
          label={t("figures.connections")}
          value={quantity(now.connectionsActive, "count")}
          before={hourAgo && quantity(hourAgo.connectionsActive, "count")}
          change={relativeChange(now.connectionsActive, hourAgo?.connectionsActive)}
          spark={columns?.connections}
        />
      </dl>
    </section>
  );
}

function toneOfSuccess(success: number | undefined): SeriesTone {
  if (success === undefined || success >= 0.99) return "ok";
  return success >= 0.95 ? "warn" : "bad";
}

const INKS: Partial<Record<SeriesTone, string>> = { warn: "text-warn", bad: "text-bad" };

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly tone?: SeriesTone;
  readonly before: string | undefined;
  readonly change?: number | undefined;
  readonly spark: readonly (number | null)[] | undefined;
  readonly beside?: ReactNode;
}

function Figure({ label, value, tone = "accent", before, change, spark, beside }: FigureProps) {
  const t = useTranslations("overview");
  const locale = useLocale();
  return (
    <div className="flex min-w-0 flex-col gap-1 bg-surface p-3">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="flex flex-col gap-1">
        <span className={`tabular truncate text-xl font-semibold tracking-tight ${INKS[tone] ?? ""}`}>
          {value}
        </span>
        <span className="tabular min-h-4 truncate text-xs text-muted">{beside}</span>
        <Sparkline values={spark ?? []} tone={tone} />
        <span className="tabular truncate text-xs text-faint">
          {before === undefined ? t("figures.noHourAgo") : t("figures.hourAgo", { value: before })}
          {change !== undefined && ` · ${formatChange(change, locale)}`}
        </span>
      </dd>
    </div>
  );
}
