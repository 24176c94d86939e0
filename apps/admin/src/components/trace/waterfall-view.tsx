"use client";

import { spanTitle } from "@sluice/telemetry/measures";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import { TreeToggle } from "../ui/tree-toggle.tsx";
import { timeMarks, visibleRows, type Waterfall, type WaterfallRow } from "./layout-waterfall.ts";

export interface WaterfallViewProps {
  readonly waterfall: Waterfall;
  readonly selected: string;
  readonly onSelect: (spanId: string) => void;
}

const COLUMNS = "grid grid-cols-[minmax(9rem,2fr)_minmax(8rem,3fr)]";

/** The spans as a tree beside their bars. Arrow keys move, right opens and left closes. */
export function WaterfallView({ waterfall, selected, onSelect }: WaterfallViewProps) {
  const t = useTranslations("traces");
  const quantity = useQuantity();
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const tree = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => visibleRows(waterfall.rows, collapsed), [waterfall.rows, collapsed]);
  const current = Math.max(
    0,
    rows.findIndex(({ span }) => span.spanId === selected),
  );
  const marks = timeMarks(waterfall.durationMs, 4);

  function toggle(spanId: string): void {
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(spanId)) next.add(spanId);
      return next;
    });
  }

  function move(to: number): void {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    const row = rows[index];
    if (row === undefined) return;
    onSelect(row.span.spanId);
    tree.current?.querySelectorAll<HTMLElement>("[role=treeitem]")[index]?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const row = rows[current];
    if (row === undefined) return;
    const closed = collapsed.has(row.span.spanId);
    const parent = rows.findLastIndex((other, at) => at < current && other.depth < row.depth);
    const actions: Partial<Record<string, () => void>> = {
      ArrowDown: () => move(current + 1),
      ArrowUp: () => move(current - 1),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () => (closed ? toggle(row.span.spanId) : move(current + 1)),
      ArrowLeft: () => (row.childCount > 0 && !closed ? toggle(row.span.spanId) : move(parent)),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  return (
    <section
      aria-label={t("detail.waterfall")}
      className="min-w-0 flex-1 overflow-auto max-lg:max-h-[60vh] max-lg:flex-none"
    >
      <div
        className={`${COLUMNS} sticky top-0 z-10 h-8 items-center border-b border-line bg-surface text-xs text-faint`}
      >
        <span className="px-6 max-sm:px-4">{t("detail.span")}</span>
        <span aria-hidden="true" className="relative mr-20 h-full">
          {marks.map((mark) => (
            <span
              key={mark}
              className="tabular absolute top-2 border-l border-line pl-1 whitespace-nowrap"
              style={{ left: `${waterfall.durationMs === 0 ? 0 : (mark / waterfall.durationMs) * 100}%` }}
            >
              {quantity(mark, "milliseconds")}
            </span>
          ))}
        </span>
      </div>
      <div ref={tree} role="tree" aria-label={t("detail.waterfall")} onKeyDown={onKeyDown} tabIndex={-1}>
        {rows.map((row, index) => (
          <SpanRow
            key={row.span.spanId}
            row={row}
            selected={index === current}
            closed={collapsed.has(row.span.spanId)}
            service={waterfall.services.indexOf(row.span.service)}
            onSelect={onSelect}
            onToggle={toggle}
          />
        ))}
      </div>
      <p className="px-6 py-3 text-xs text-faint max-sm:px-4">{t("detail.hint")}</p>
    </section>
  );
}

interface SpanRowProps {
  readonly row: WaterfallRow;
  readonly selected: boolean;
  readonly closed: boolean;
  /** Index among the trace's services: each has a shade of its own. */
  readonly service: number;
  readonly onSelect: (spanId: string) => void;
  readonly onToggle: (spanId: string) => void;
}

const BARS = ["bg-accent", "bg-info", "bg-ok", "bg-warn"];

function SpanRow({ row, selected, closed, service, onSelect, onToggle }: SpanRowProps) {
  const t = useTranslations("traces");
  const quantity = useQuantity();
  const { span } = row;
  const problem = span.error ? t("detail.error") : closed && row.errorBelow ? t("detail.errorBelow") : "";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys
    <div
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={selected}
      aria-expanded={row.childCount > 0 ? !closed : undefined}
      tabIndex={selected ? 0 : -1}
      onClick={() => onSelect(span.spanId)}
      className={classes(
        COLUMNS,
        "h-8 cursor-pointer items-center border-b border-line text-sm hover:bg-hover focus-visible:-outline-offset-2",
        selected && "bg-accent-soft",
      )}
    >
      <span
        className="flex min-w-0 items-center gap-1 pl-6 max-sm:pl-4"
        style={{ paddingInlineStart: 16 + row.depth * 14 }}
      >
        <TreeToggle childCount={row.childCount} open={!closed} onToggle={() => onToggle(span.spanId)} />
        {problem !== "" && (
          <span className="text-bad" title={problem}>
            <Icon name="error" size={14} />
            <span className="sr-only">{problem}</span>
          </span>
        )}
        <span className="truncate font-medium">{spanTitle(span)}</span>
        <span className="truncate text-xs text-faint">{span.service}</span>
      </span>
      <span className="relative mr-20 h-full">
        <span
          aria-hidden="true"
          className={classes(
            "absolute top-2.5 h-3 rounded-sm",
            span.error ? "border-2 border-bad bg-bad-soft" : (BARS[service % BARS.length] ?? "bg-accent"),
          )}
          style={{ left: `${row.offset * 100}%`, width: `max(3px, ${row.width * 100}%)` }}
        />
        <span
          className="tabular absolute top-1.5 ml-1 text-xs whitespace-nowrap text-muted"
          style={{ left: `${Math.min(1, row.offset + row.width) * 100}%` }}
        >
          {quantity(row.durationMs, "milliseconds")}
        </span>
      </span>
    </div>
  );
}
