"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "use-intl";
import { SLOW, useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";

interface Row {
  readonly name: string;
  readonly how?: "changed" | "reached";
  readonly by?: readonly { readonly kind: string; readonly name: string }[];
  readonly byCount?: number;
  readonly requestsPerSecond?: number;
  readonly connectionsActive?: number;
}

const REFRESH_MS = 2_000;
/** Following the references of thousands of changes takes the server a second. */
const LARGE = 500;
const LARGE_REFRESH_MS = 30_000;
const SHOWN = 8;
const BY_SHOWN = 3;

/** The blast radius: what publishing touches, and what goes through that now. */
export function ImpactPanel() {
  const t = useTranslations("release.impact");
  const trpc = useTRPC();
  const impact = useQuery({
    ...trpc.review.impact.queryOptions({ limit: SHOWN }, SLOW),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && sumOf(data.counts) > LARGE ? LARGE_REFRESH_MS : REFRESH_MS,
  });
  if (impact.error) return <QueryProblem query={impact} />;
  if (!impact.data) return <SkeletonRows bare rows={3} />;
  const { nodes, listeners, virtualHosts, routes, clusters, counts } = impact.data;
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{t("title")}</h2>
      <div className="grid gap-px overflow-hidden rounded-lg border border-line bg-line md:grid-cols-2">
        <Group
          icon="nodes"
          title={t("nodes", { count: counts.nodes })}
          count={counts.nodes}
          rows={nodes.map((node) => ({ ...node, name: node.id }))}
        />
        <Group
          icon="listeners"
          title={t("listeners", { count: counts.listeners })}
          count={counts.listeners}
          rows={listeners}
        />
        <Group
          icon="routes"
          title={t("routes", { count: counts.routes })}
          count={counts.routes + counts.virtualHosts}
          rows={[...routes, ...virtualHosts]}
        />
        <Group
          icon="clusters"
          title={t("clusters", { count: counts.clusters })}
          count={counts.clusters}
          rows={clusters}
        />
      </div>
    </section>
  );
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function Group({
  icon,
  title,
  count,
  rows,
}: {
  readonly icon: IconName;
  readonly title: string;
  /** How many there are; `rows` are the first of them. */
  readonly count: number;
  readonly rows: readonly Row[];
}) {
  const t = useTranslations("release.impact");
  const format = useFormatter();
  return (
    <div className="bg-surface px-3 py-2">
      <h3 className="flex items-center gap-1.5 text-xs font-medium text-muted">
        <Icon name={icon} size={14} /> {title}
      </h3>
      <ul className="mt-1 flex flex-col">
        {rows.slice(0, SHOWN).map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a virtual host may be called as its route configuration
          <li key={index} className="flex min-h-7 flex-wrap items-center gap-x-2 text-sm">
            <span className="min-w-0 wrap-anywhere">{row.name}</span>
            {row.how === "changed" && <Badge tone="info">{t("changed")}</Badge>}
            {row.how === "reached" && (
              <span className="text-xs text-faint">
                {t("reached", { by: namesOf(row), more: Math.max(0, (row.byCount ?? 0) - BY_SHOWN) })}
              </span>
            )}
            <span className="flex-1" />
            {row.requestsPerSecond !== undefined && (
              <span className="text-xs text-muted tabular">
                {t("figures", {
                  rate: format.number(row.requestsPerSecond, { maximumFractionDigits: 1 }),
                  connections: format.number(row.connectionsActive ?? 0),
                })}
              </span>
            )}
          </li>
        ))}
      </ul>
      {count > Math.min(rows.length, SHOWN) && (
        <p className="text-xs text-muted">{t("more", { count: count - Math.min(rows.length, SHOWN) })}</p>
      )}
      {rows.length === 0 && <p className="mt-1 text-xs text-faint">{t("none")}</p>}
    </div>
  );
}

function namesOf({ by = [] }: Row): string {
  return by
    .slice(0, BY_SHOWN)
    .map(({ name }) => name)
    .join(", ");
}
