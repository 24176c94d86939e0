"use client";

import type { Summary } from "@sluice/telemetry";
import { useLocale, useTranslations } from "use-intl";
import { formatShare } from "../chart/format-figures.ts";
import { useQuantity } from "../ui/quantity.tsx";
import { errorShare } from "./visible-topology.ts";

export interface FigureWords {
  readonly rate: string;
  /** Empty without errors. */
  readonly errors: string;
  /** `p95 12 ms`; empty where it was not measured. */
  readonly latency: string;
}

/** A summary in the few words that fit a box or an edge. */
export function useFigureWords(): (summary: Summary) => FigureWords {
  const t = useTranslations("topology");
  const quantity = useQuantity();
  const locale = useLocale();
  return (summary) => {
    const error = errorShare(summary);
    // What never reached an endpoint is no request of its, but it is not idle either.
    const idle = summary.requestsPerSecond === 0 && error === 0;
    return {
      rate:
        summary.requestsPerSecond === 0 && error > 0
          ? ""
          : idle
            ? t("idle")
            : quantity(summary.requestsPerSecond, "perSecond"),
      errors: error === 0 ? "" : t("errors", { share: formatShare(error, locale) }),
      latency: summary.p95Ms === undefined ? "" : `p95 ${quantity(summary.p95Ms, "milliseconds")}`,
    };
  };
}
