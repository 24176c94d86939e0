import type { Column } from "./table.tsx";

/** All but the cells of a table's last column: what can be done with a row. `label`: for screen readers, since nothing stands over it. */
export function actionsColumn(label: string): Omit<Column<never>, "cell"> {
  return { id: "actions", header: <span className="sr-only">{label}</span>, pinned: true, align: "right" };
}
