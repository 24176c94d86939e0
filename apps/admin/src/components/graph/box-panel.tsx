"use client";

import type { Topology, TopologyBox, TopologyEdge } from "@sluice/telemetry";
import { useLocale, useTranslations } from "use-intl";
import { formatShare } from "../chart/format-figures.ts";
import { ClassChart, LatencyChart } from "../chart/traffic-charts.tsx";
import { useLiveTraffic } from "../chart/use-traffic.ts";
import { StatusDot } from "../ui/badge.tsx";
import { IconButton, LinkButton } from "../ui/button.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import { linksOfBox, scopeOfBox } from "./box-links.ts";
import { HEALTH_TONES } from "./edge-look.ts";
import { errorShare } from "./visible-topology.ts";

const SHOWN_SECONDS = 900;

export interface BoxPanelProps {
  readonly topology: Topology;
  /** Of a box or an edge. */
  readonly id: string;
  readonly node: string | undefined;
  readonly onClose: () => void;
}

/** What is selected, in full: figures, charts and where to go from here. */
export function BoxPanel({ topology, id, node, onClose }: BoxPanelProps) {
  const t = useTranslations("topology");
  const edge = topology.edges.find((candidate) => candidate.id === id);
  const box = topology.boxes.find((candidate) => candidate.id === (edge?.to ?? id));
  if (box === undefined) return null;
  const name = nameOf(box, t("clients"));
  return (
    <aside
      aria-label={t("panel.label", { name })}
      className="flex w-96 shrink-0 flex-col gap-5 overflow-y-auto border-l border-line bg-surface p-4 max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:w-[min(24rem,100%)] max-lg:shadow-pop"
    >
      <header className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <p className="text-xs text-muted">{t(`kinds.${box.kind}`)}</p>
          <h2 className="text-base font-semibold wrap-anywhere">{name}</h2>
          <StatusDot tone={HEALTH_TONES[box.health]}>
            <span className="text-sm">{t(`health.${box.health}`)}</span>
          </StatusDot>
          {box.healthReason !== "" && <p className="mt-1 text-xs text-muted">{box.healthReason}</p>}
        </div>
        <IconButton icon="close" size="sm" label={t("panel.close")} onClick={onClose} />
      </header>
      {edge && <EdgeEnds edge={edge} topology={topology} />}
      <Figures box={box} edge={edge} />
      <PanelCharts key={box.id} id={box.id} node={node} />
      <PanelLinks id={box.id} />
    </aside>
  );
}

function nameOf(box: TopologyBox, clients: string): string {
  return box.kind === "downstream" ? clients : box.label;
}

function EdgeEnds({ edge, topology }: { readonly edge: TopologyEdge; readonly topology: Topology }) {
  const t = useTranslations("topology");
  const label = (id: string): string => {
    const box = topology.boxes.find((candidate) => candidate.id === id);
    return box === undefined ? id : nameOf(box, t("clients"));
  };
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 text-sm">
      <dt className="text-muted">{t("panel.from")}</dt>
      <dd className="wrap-anywhere">{label(edge.from)}</dd>
      <dt className="text-muted">{t("panel.to")}</dt>
      <dd className="wrap-anywhere">{label(edge.to)}</dd>
    </dl>
  );
}

function Figures({ box, edge }: { readonly box: TopologyBox; readonly edge: TopologyEdge | undefined }) {
  const t = useTranslations("topology");
  const quantity = useQuantity();
  const locale = useLocale();
  const summary = edge?.summary ?? box.summary;
  const figures: readonly (readonly [string, string])[] = [
    [t("columns.rate"), quantity(summary.requestsPerSecond, "perSecond")],
    [t("columns.errors"), summary.successRate === undefined ? "–" : formatShare(errorShare(summary), locale)],
    [t("columns.connections"), quantity(summary.connectionsActive, "count")],
    [t("columns.p50"), quantity(summary.p50Ms, "milliseconds")],
    [t("columns.p95"), quantity(summary.p95Ms, "milliseconds")],
    [t("columns.p99"), quantity(summary.p99Ms, "milliseconds")],
  ];
  return (
    <dl className="grid grid-cols-3 gap-px overflow-hidden rounded-lg border border-line bg-line">
      {figures.map(([label, value]) => (
        <div key={label} className="bg-surface px-2.5 py-2">
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="tabular truncate font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function PanelCharts({ id, node }: { readonly id: string; readonly node: string | undefined }) {
  const traffic = useLiveTraffic({ scope: scopeOfBox(id), node }, SHOWN_SECONDS);
  const shared = { ...traffic, syncKey: "panel", height: 120 };
  return (
    <div className="flex flex-col gap-4">
      <ClassChart {...shared} />
      <LatencyChart {...shared} />
    </div>
  );
}

function PanelLinks({ id }: { readonly id: string }) {
  const t = useTranslations("topology");
  const links = linksOfBox(id);
  return (
    <div className="flex flex-wrap gap-2">
      {links.configuration && (
        <LinkButton href={links.configuration} size="sm" icon="edit">
          {t("panel.open")}
        </LinkButton>
      )}
      {links.requests && (
        <LinkButton href={links.requests} size="sm" icon="requests">
          {t("panel.requests")}
        </LinkButton>
      )}
      <LinkButton href={links.traffic} size="sm" icon="traffic">
        {t("panel.charts")}
      </LinkButton>
    </div>
  );
}
