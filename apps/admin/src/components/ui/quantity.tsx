"use client";

import { useFormatter } from "use-intl";
import { scaleBytes, scaleDuration } from "./scale.ts";

export type Unit = "count" | "perSecond" | "ratio" | "milliseconds" | "bytes" | "bytesPerSecond";

/** Formats numbers for the user's language; `–` for what is not known. */
export function useQuantity(): (value: number | undefined, unit: Unit) => string {
  const format = useFormatter();
  return (value, unit) => {
    if (value === undefined || Number.isNaN(value)) return "–";
    const digits = (number: number): string =>
      format.number(number, {
        maximumFractionDigits: number >= 100 || Number.isInteger(number) ? 0 : number >= 10 ? 1 : 2,
      });
    switch (unit) {
      case "count":
        return format.number(value, {
          notation: value >= 100_000 ? "compact" : "standard",
          maximumFractionDigits: 1,
        });
      case "perSecond":
        return `${digits(value)}/s`;
      case "ratio":
        // 99.96% must not read as 100%.
        return format.number(value === 1 ? 1 : Math.min(value, 0.9999), {
          style: "percent",
          maximumFractionDigits: value > 0.99 && value < 1 ? 2 : 1,
        });
      case "milliseconds": {
        const scaled = scaleDuration(value);
        return `${digits(scaled.value)} ${scaled.unit}`;
      }
      case "bytes":
      case "bytesPerSecond": {
        const scaled = scaleBytes(value);
        return `${digits(scaled.value)} ${scaled.unit}${unit === "bytes" ? "" : "/s"}`;
      }
    }
  };
}

export function Quantity({ value, unit }: { readonly value: number | undefined; readonly unit: Unit }) {
  const format = useQuantity();
  return <span className="tabular whitespace-nowrap">{format(value, unit)}</span>;
}
