"use client";

import { useRouter } from "next/navigation";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { classes } from "./classes.ts";

export interface Column<Row> {
  readonly id: string;
  readonly header: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand on the right. */
  readonly align?: "left" | "right";
  /** Left out in a narrow window. */
  readonly secondary?: boolean;
  /** Stays at the right edge while a narrow window scrolls the rest: what can be done with the row. */
  readonly pinned?: boolean;
  readonly className?: string;
}

export interface TableProps<Row> {
  /** What the table shows; its accessible name. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Where Enter and a click on the row lead; the first cell should hold the same as a real link. */
  readonly rowHref?: (row: Row) => string | undefined;
  /** Called with Delete or Backspace on a row. */
  readonly onDelete?: (row: Row) => void;
  readonly empty?: ReactNode;
  /** In a form or a dialog: with a border of its own instead of reaching to the page's edges. */
  readonly framed?: boolean;
}

const PAGE_EDGES = "first:pl-6 last:pr-6 max-sm:first:pl-4 max-sm:last:pr-4";

/** For up to some hundred rows. Up, Down, Home, End and j, k move between rows; Enter opens; Delete deletes. */
export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  rowHref,
  onDelete,
  empty,
  framed = false,
}: TableProps<Row>) {
  const router = useRouter();
  const body = useRef<HTMLTableSectionElement>(null);

  function onKeyDown(event: KeyboardEvent<HTMLTableRowElement>, row: Row, index: number): void {
    if (event.target !== event.currentTarget) return;
    const last = rows.length - 1;
    const to = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, Home: 0, End: last }[
      event.key
    ];
    if (to !== undefined) {
      event.preventDefault();
      body.current?.querySelectorAll("tr")[Math.max(0, Math.min(last, to))]?.focus();
    } else if (event.key === "Enter") {
      const href = rowHref?.(row);
      if (href) router.push(href);
    } else if ((event.key === "Delete" || event.key === "Backspace") && onDelete) {
      event.preventDefault();
      onDelete(row);
    }
  }

  return (
    // Positioned: what only screen readers see in a far column must not widen the page.
    <div
      className={classes(
        "relative overflow-x-auto",
        framed && (rows.length > 0 || !empty) && "rounded-lg border border-line",
      )}
    >
      <table aria-label={label} className="w-full border-collapse text-sm">
        {/* A head over nothing says nothing: what stands there instead does. */}
        <thead className={rows.length === 0 && empty ? "sr-only" : ""}>
          <tr className="border-b border-line text-left text-xs text-faint">
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={classes(
                  "h-8 px-3 font-medium whitespace-nowrap max-sm:px-2",
                  !framed && PAGE_EDGES,
                  column.align === "right" && "text-right",
                  column.secondary && "max-md:hidden",
                  column.pinned && "sticky right-0 bg-surface",
                )}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <tr
              key={rowKey(row)}
              tabIndex={index === 0 ? 0 : -1}
              onKeyDown={(event) => onKeyDown(event, row, index)}
              onClick={(event) => {
                const href = rowHref?.(row);
                const inner =
                  event.target instanceof Element && event.target.closest("a,button,input,select,label");
                if (href && !inner && !window.getSelection()?.toString()) router.push(href);
              }}
              className={classes(
                "border-b border-line bg-surface last:border-b-0 hover:bg-hover focus-visible:bg-hover focus-visible:outline-offset-[-2px]",
                rowHref && "cursor-pointer",
              )}
            >
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={classes(
                    "h-10 px-3 py-1.5 max-sm:px-2",
                    !framed && PAGE_EDGES,
                    // A figure and its unit stay together.
                    column.align === "right" && "text-right whitespace-nowrap",
                    column.secondary && "max-md:hidden",
                    column.pinned && "sticky right-0 bg-inherit",
                    column.className,
                  )}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && empty}
    </div>
  );
}
