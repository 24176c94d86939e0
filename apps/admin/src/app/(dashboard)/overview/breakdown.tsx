import Link from "next/link";
import { useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { formatShare } from "../../../components/chart/format-figures.ts";
import { StatusDot } from "../../../components/ui/badge.tsx";
import { useQuantity } from "../../../components/ui/quantity.tsx";
import { type Column, Table } from "../../../components/ui/table.tsx";
import { Tabs } from "../../../components/ui/tabs.tsx";
import type { OverviewFrame, ScopeFigures } from "../../../server/trpc/telemetry/overview.ts";

const KINDS = ["nodes", "listeners", "clusters"] as const;
type Kind = (typeof KINDS)[number];

/** Where the traffic is, busiest first. */
export function Breakdown({ frame }: { readonly frame: OverviewFrame }) {
  const t = useTranslations("overview");
  const [kind, setKind] = useState<string>("clusters");
  return (
    <section aria-label={t("breakdown.heading")} className="flex min-w-0 flex-col">
      <Tabs
        label={t("breakdown.heading")}
        value={kind}
        onChange={setKind}
        items={KINDS.map((id) => ({
          id,
          label: t(`breakdown.${id}`),
          badge: <span className="tabular text-xs text-faint">{frame[id].length}</span>,
          content: <ScopeTable kind={id} rows={frame[id]} />,
        }))}
      />
    </section>
  );
}

function ScopeTable({ kind, rows }: { readonly kind: Kind; readonly rows: readonly ScopeFigures[] }) {
  const t = useTranslations("overview");
  const quantity = useQuantity();
  const locale = useLocale();
  const hrefOf = (row: ScopeFigures): string => `/${kind}/${encodeURIComponent(row.name)}`;
  const columns: readonly Column<ScopeFigures>[] = [
    {
      id: "name",
      header: t("breakdown.name"),
      cell: (row) => (
        <Link href={hrefOf(row)} className="font-medium wrap-anywhere hover:underline">
          {row.name}
        </Link>
      ),
    },
    {
      id: "rate",
      header: t("breakdown.rate"),
      align: "right",
      cell: (row) => quantity(row.summary.requestsPerSecond, "perSecond"),
    },
    {
      id: "success",
      header: t("breakdown.success"),
      align: "right",
      cell: ({ summary: { successRate } }) =>
        successRate === undefined ? (
          "–"
        ) : (
          <Success share={successRate} text={formatShare(successRate, locale)} />
        ),
    },
    ...(["p50Ms", "p95Ms", "p99Ms"] as const).map((field) => ({
      id: field,
      header: field.slice(0, 3),
      align: "right" as const,
      secondary: field !== "p95Ms",
      cell: (row: ScopeFigures) => quantity(row.summary[field], "milliseconds"),
    })),
    {
      id: "connections",
      header: t("breakdown.connections"),
      align: "right",
      secondary: true,
      cell: (row) => quantity(row.summary.connectionsActive, "count"),
    },
    ...(kind === "clusters" ? [membersColumn(t("breakdown.hosts"))] : []),
  ];
  return (
    <Table
      label={t(`breakdown.${kind}`)}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.name}
      rowHref={hrefOf}
      empty={<p className="px-6 py-8 text-center text-sm text-muted max-sm:px-4">{t("breakdown.none")}</p>}
    />
  );
}

function membersColumn(header: string): Column<ScopeFigures> {
  return {
    id: "hosts",
    header,
    align: "right",
    secondary: true,
    cell: ({ membersHealthy, membersTotal }) => {
      if (membersTotal === 0) return "–";
      const tone = membersHealthy === membersTotal ? "ok" : membersHealthy === 0 ? "bad" : "warn";
      return (
        <StatusDot tone={tone}>
          {membersHealthy}/{membersTotal}
        </StatusDot>
      );
    },
  };
}

function Success({ share, text }: { readonly share: number; readonly text: string }) {
  if (share >= 0.99) return text;
  return <StatusDot tone={share >= 0.95 ? "warn" : "bad"}>{text}</StatusDot>;
}
