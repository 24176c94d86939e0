"use client";

import type { AccessLogEntry } from "@sluice/telemetry";
import { useTranslations } from "use-intl";
import { countFacets } from "./count-facets.ts";
import type { RequestField } from "./parse-request-filter.ts";

export interface RequestFacetsProps {
  readonly rows: readonly AccessLogEntry[];
  readonly onRefine: (field: RequestField, value: string) => void;
}

/** Terms to add with a click, by what is in the list. */
export function RequestFacets({ rows, onRefine }: RequestFacetsProps) {
  const t = useTranslations("requests");
  const facets = countFacets(rows);
  if (facets.length === 0) return null;
  return (
    <ul aria-label={t("facets")} className="flex gap-1.5 overflow-x-auto px-6 pb-2 max-sm:px-4">
      {facets.map(({ field, value, count }) => (
        <li key={`${field}:${value}`}>
          <button
            type="button"
            onClick={() => onRefine(field, value)}
            className="tabular inline-flex h-6 items-center gap-1.5 rounded-full border border-line px-2 text-xs whitespace-nowrap text-muted hover:bg-hover hover:text-ink"
          >
            <span>
              {field}:<span className="text-ink">{value}</span>
            </span>
            <span className="text-faint">{count}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
