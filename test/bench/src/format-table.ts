import type { Scenario, ScenarioRow } from "./scenario.ts";

/** Rows as text, numbers aligned to the right, `–` for what was not measured. */
export function formatTable(columns: Scenario["columns"], rows: readonly ScenarioRow[]): string {
  const head = ["", ...columns.map(([, heading]) => heading)];
  const body = rows.map((row) => [
    `${row.name} ${row.version}`,
    ...columns.map(([name, , digits]) => {
      const value = row.median[name];
      return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);
    }),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((line) => line[i]?.length ?? 0)));
  return [head, ...body]
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("   "),
    )
    .join("\n");
}
