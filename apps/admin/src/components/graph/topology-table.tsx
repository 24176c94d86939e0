"use client";

import type { Topology } from "@sluice/telemetry";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useLocale, useTranslations } from "use-intl";
import { formatShare } from "../chart/format-figures.ts";
import { StatusDot } from "../ui/badge.tsx";
import { classes } from "../ui/classes.ts";
import { useQuantity } from "../ui/quantity.tsx";
import { TreeToggle } from "../ui/tree-toggle.tsx";
import { HEALTH_TONES } from "./edge-look.ts";
import { type TopologyRow, topologyRows } from "./topology-rows.ts";
import { errorShare } from "./visible-topology.ts";

export interface TopologyTableProps {
  readonly topology: Topology;
  /** Undefined while nothing is looked for. */
  readonly found: ReadonlySet<string> | undefined;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
}

const OPEN_LEVELS = 3;

/** The graph as a tree in a table: the same content for keyboard and screen reader. */
export function TopologyTable({ topology, found, selected, onSelect }: TopologyTableProps) {
  const t = useTranslations("topology");
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const rows = useMemo(
    () => topologyRows(topology, (key, level) => level < OPEN_LEVELS !== toggled.has(key)),
    [topology, toggled],
  );

  function toggle(row: TopologyRow): void {
    setToggled((before) => {
      const next = new Set(before);
      if (!next.delete(row.key)) next.add(row.key);
      return next;
    });
  }

  function focusRow(index: number): void {
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setFocused(to);
    body.current?.querySelectorAll("tr")[to]?.focus();
  }

  function onKeyDown(event: KeyboardEvent, row: TopologyRow, index: number): void {
    const parent = rows.findLastIndex((other, at) => at < index && other.level < row.level);
    const actions: Partial<Record<string, () => void>> = {
      ArrowDown: () => focusRow(index + 1),
      ArrowUp: () => focusRow(index - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => (row.childCount > 0 && !row.expanded ? toggle(row) : focusRow(index + 1)),
      ArrowLeft: () => (row.expanded ? toggle(row) : focusRow(parent)),
      Enter: () => onSelect(row.box.id),
      " ": () => onSelect(row.box.id),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  return (
    <div className="min-h-0 flex-1 overflow-auto [--indent:16px] max-sm:[--indent:8px]">
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA's treegrid pattern on a table */}
      <table role="treegrid" aria-label={t("title")} className="w-full border-collapse text-sm">
        <thead className="sticky top-0 z-10 bg-surface">
          <tr className="border-b border-line text-left text-xs whitespace-nowrap text-faint">
            <th scope="col" className="h-8 px-3 pl-6 font-medium max-sm:pl-4">
              {t("columns.name")}
            </th>
            <th scope="col" className="px-3 font-medium max-md:hidden">
              {t("columns.kind")}
            </th>
            <th scope="col" className="px-3 font-medium">
              {t("columns.health")}
            </th>
            {(["rate", "errors"] as const).map((column) => (
              <th key={column} scope="col" className="px-3 text-right font-medium">
                {t(`columns.${column}`)}
              </th>
            ))}
            {(["p50", "p95", "p99", "connections"] as const).map((column) => (
              <th key={column} scope="col" className="px-3 text-right font-medium max-md:hidden">
                {t(`columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <Row
              key={row.key}
              row={row}
              dimmed={found !== undefined && !found.has(row.box.id)}
              selected={selected === row.box.id}
              focusable={index === Math.min(focused, rows.length - 1)}
              onToggle={() => toggle(row)}
              onFocus={() => setFocused(index)}
              onClick={() => onSelect(row.box.id)}
              onKeyDown={(event) => onKeyDown(event, row, index)}
            />
          ))}
        </tbody>
      </table>
      <p className="px-6 py-3 text-xs text-faint max-sm:px-4">{t("tableHint")}</p>
    </div>
  );
}

interface RowProps {
  readonly row: TopologyRow;
  readonly dimmed: boolean;
  readonly selected: boolean;
  readonly focusable: boolean;
  readonly onToggle: () => void;
  readonly onFocus: () => void;
  readonly onClick: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function Row({ row, dimmed, selected, focusable, onToggle, ...handlers }: RowProps) {
  const t = useTranslations("topology");
  const quantity = useQuantity();
  const locale = useLocale();
  const { box } = row;
  const summary = row.edge?.summary ?? box.summary;
  const error = errorShare(summary);
  const number = "tabular h-8 px-3 text-right whitespace-nowrap max-sm:px-2";
  return (
    <tr
      {...handlers}
      aria-level={row.level + 1}
      aria-posinset={row.position + 1}
      aria-setsize={row.siblingCount}
      aria-expanded={row.childCount > 0 ? row.expanded : undefined}
      aria-selected={selected}
      tabIndex={focusable ? 0 : -1}
      className={classes(
        "cursor-pointer border-b border-line hover:bg-hover focus-visible:-outline-offset-2",
        selected && "bg-accent-soft",
        dimmed && "text-faint",
      )}
    >
      <td className="h-8 pr-3 pl-6 max-sm:w-full max-sm:max-w-0 max-sm:pr-1 max-sm:pl-4">
        <span
          className="flex items-center gap-1"
          style={{ paddingLeft: `calc(${row.level} * var(--indent))` }}
        >
          <TreeToggle childCount={row.childCount} open={row.expanded} onToggle={onToggle} />
          <span className="min-w-0 truncate font-medium">
            {box.kind === "downstream" ? t("clients") : box.label}
          </span>
        </span>
      </td>
      <td className="px-3 whitespace-nowrap text-muted max-md:hidden">{t(`kinds.${box.kind}`)}</td>
      <td className="px-3">
        <StatusDot tone={HEALTH_TONES[box.health]}>
          <span className="max-sm:sr-only">{t(`health.${box.health}`)}</span>
        </StatusDot>
      </td>
      <td className={number}>{quantity(summary.requestsPerSecond, "perSecond")}</td>
      <td className={classes(number, error > 0 && "font-medium text-bad")}>
        {summary.successRate === undefined ? "–" : formatShare(error, locale)}
      </td>
      {(["p50Ms", "p95Ms", "p99Ms"] as const).map((field) => (
        <td key={field} className={`${number} max-md:hidden`}>
          {quantity(summary[field], "milliseconds")}
        </td>
      ))}
      <td className={`${number} max-md:hidden`}>{quantity(summary.connectionsActive, "count")}</td>
    </tr>
  );
}
