import type { AccessLogEntry } from "@sluice/telemetry";
import type { RequestField } from "./parse-request-filter.ts";

export interface Facet {
  readonly field: RequestField;
  readonly value: string;
  readonly count: number;
}

const FIELDS = ["status", "method", "host", "cluster", "flag"] as const satisfies readonly RequestField[];
const READ_MAX = 1_000;

/** The commonest values among the newest rows: at most `perField` of each field that has more than one. */
export function countFacets(rows: readonly AccessLogEntry[], perField = 4): readonly Facet[] {
  const facets: Facet[] = [];
  const newest = rows.slice(0, READ_MAX);
  for (const field of FIELDS) {
    const counts = new Map<string, number>();
    for (const row of newest) {
      for (const value of valuesOf(row, field)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    // One value for all rows narrows nothing down; a flag does, since most rows have none.
    if (counts.size < 2 && field !== "flag") continue;
    const sorted = [...counts].toSorted(
      (left, right) => right[1] - left[1] || left[0].localeCompare(right[0]),
    );
    facets.push(...sorted.slice(0, perField).map(([value, count]) => ({ field, value, count })));
  }
  return facets;
}

function valuesOf(row: AccessLogEntry, field: (typeof FIELDS)[number]): readonly string[] {
  switch (field) {
    case "status":
      return row.status < 100 ? [] : [`${Math.floor(row.status / 100)}xx`];
    case "method":
      return row.method === "" ? [] : [row.method];
    case "host":
      return row.authority === "" ? [] : [row.authority];
    case "cluster":
      return row.cluster === "" ? [] : [row.cluster];
    case "flag":
      return row.flags;
  }
}
