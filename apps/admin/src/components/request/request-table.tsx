// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid has no table of all its rows
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid handles the keys
"use client";

import type { AccessLogEntry } from "@sluice/telemetry";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useRef, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { classes } from "../ui/classes.ts";
import { useQuantity } from "../ui/quantity.tsx";
import { StatusCode } from "./status-code.tsx";

export interface RequestTableProps {
  readonly rows: readonly AccessLogEntry[];
  readonly opened: string | undefined;
  readonly onOpen: (id: string) => void;
}

const ROW_HEIGHT = 32;
const COLUMNS =
  "grid grid-cols-[7.5rem_4rem_4.5rem_minmax(6rem,1fr)_minmax(8rem,2fr)_5.5rem_minmax(5rem,1fr)_minmax(7rem,1fr)_5rem] max-xl:grid-cols-[6.5rem_3.5rem_4rem_minmax(7rem,3fr)_minmax(6rem,3fr)_4.5rem_minmax(5rem,2fr)_minmax(9rem,3fr)_3rem] max-lg:grid-cols-[7.5rem_4rem_4.5rem_minmax(8rem,1fr)_5.5rem] max-sm:grid-cols-[4.5rem_3.5rem_minmax(6rem,1fr)_4.5rem]";
const HEADERS = [
  "time",
  "status",
  "method",
  "host",
  "path",
  "duration",
  "cluster",
  "upstream",
  "flags",
] as const;
const HIDDEN: Partial<Record<(typeof HEADERS)[number], string>> = {
  method: "max-sm:hidden",
  host: "max-lg:hidden",
  cluster: "max-lg:hidden",
  upstream: "max-lg:hidden",
  flags: "max-lg:hidden",
};

/** Only the rows in the window exist, so that ten thousand scroll like ten. Arrow keys move, Enter opens. */
export function RequestTable({ rows, opened, onOpen }: RequestTableProps) {
  const t = useTranslations("requests");
  const scroller = useRef<HTMLDivElement>(null);
  const [focusedId, setFocusedId] = useState<string>();
  const focused = Math.max(
    0,
    rows.findIndex((row) => row.id === focusedId),
  );
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  });

  function move(to: number): void {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    setFocusedId(rows[index]?.id);
    virtual.scrollToIndex(index);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1;
    const to: Partial<Record<string, number>> = {
      ArrowDown: focused + 1,
      j: focused + 1,
      ArrowUp: focused - 1,
      k: focused - 1,
      PageDown: focused + page,
      PageUp: focused - page,
      Home: 0,
      End: rows.length - 1,
    };
    const target = to[event.key];
    if (target !== undefined) {
      event.preventDefault();
      move(target);
    } else if (event.key === "Enter") {
      const id = rows[focused]?.id;
      if (id !== undefined) onOpen(id);
    }
  }

  const activeId = rows[focused] === undefined ? undefined : `request-${rows[focused].id}`;
  return (
    <div
      role="grid"
      ref={scroller}
      aria-label={t("title")}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={activeId}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className="min-h-64 flex-1 overflow-y-auto border-t border-line focus-visible:-outline-offset-2"
    >
      <div
        role="row"
        aria-rowindex={1}
        className={`${COLUMNS} sticky top-0 z-10 h-8 items-center border-b border-line bg-surface px-6 text-xs font-medium text-faint max-sm:px-4`}
      >
        {HEADERS.map((header) => (
          <span
            key={header}
            role="columnheader"
            className={classes("truncate pr-3", HIDDEN[header], header === "duration" && "text-right")}
          >
            {t(`columns.${header}`)}
          </span>
        ))}
      </div>
      <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <RequestRow
              key={item.key}
              row={row}
              index={item.index}
              top={item.start}
              active={item.index === focused}
              opened={row.id === opened}
              onOpen={onOpen}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RequestRowProps {
  readonly row: AccessLogEntry;
  readonly index: number;
  readonly top: number;
  readonly active: boolean;
  readonly opened: boolean;
  readonly onOpen: (id: string) => void;
}

const RequestRow = memo(function RequestRow({ row, index, top, active, opened, onOpen }: RequestRowProps) {
  const format = useFormatter();
  const quantity = useQuantity();
  const cell = "truncate pr-3";
  const [, time, fraction] =
    /^(.*?)([.,]\d+)?$/.exec(
      format.dateTime(row.at, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        fractionalSecondDigits: 3,
        hour12: false,
      }),
    ) ?? [];
  return (
    <div
      role="row"
      id={`request-${row.id}`}
      aria-rowindex={index + 2}
      aria-selected={opened}
      onClick={() => onOpen(row.id)}
      style={{ transform: `translateY(${top}px)` }}
      className={classes(
        COLUMNS,
        "tabular absolute inset-x-0 top-0 h-8 cursor-pointer items-center border-b border-line px-6 text-sm hover:bg-hover max-sm:px-4",
        opened ? "bg-accent-soft" : active && "bg-hover",
      )}
    >
      <span
        role="gridcell"
        className={cell}
        title={format.dateTime(row.at, { dateStyle: "medium", timeStyle: "long" })}
      >
        {time}
        <span className="max-sm:hidden">{fraction}</span>
      </span>
      <span role="gridcell" className={cell}>
        <StatusCode status={row.status} />
      </span>
      <span role="gridcell" className={`${cell} text-muted max-sm:hidden`}>
        {row.method || row.protocol}
      </span>
      <span role="gridcell" className={`${cell} max-lg:hidden`}>
        {row.authority}
      </span>
      <span role="gridcell" className={cell} title={row.path}>
        {row.path}
      </span>
      <span role="gridcell" className={`${cell} text-right`}>
        {quantity(row.durationMs, "milliseconds")}
      </span>
      <span role="gridcell" className={`${cell} max-lg:hidden`}>
        {row.cluster || "–"}
      </span>
      <span role="gridcell" className={`${cell} text-muted max-lg:hidden`}>
        {row.upstreamAddress || "–"}
      </span>
      <span role="gridcell" className={`${cell} text-warn max-lg:hidden`}>
        {row.flags.join(" ")}
      </span>
    </div>
  );
});
