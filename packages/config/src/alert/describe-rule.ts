import type { AlertMeasure, AlertRule } from "./alert-contract.ts";

const WORDS: Readonly<Record<AlertMeasure, string>> = {
  error_rate: "error rate",
  latency_p99: "p99 latency",
  request_rate: "request rate",
  node_lost: "time away",
  certificate_days: "time left",
};

/** `p99 latency above 250 ms for 60 s, over 60 s`. */
export function describeRule({ measure, threshold, forMs, windowMs }: AlertRule): string {
  const over = measure === "node_lost" || measure === "certificate_days" ? "" : `, over ${windowMs / 1000} s`;
  const crossed = `${WORDS[measure]} ${threshold.when} ${describeValue(measure, threshold.value)}`;
  return `${crossed} for ${forMs / 1000} s${over}`;
}

/** With its unit; undefined when nothing was measured. */
export function describeValue(measure: AlertMeasure, value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  switch (measure) {
    case "error_rate":
      return `${Number((value * 100).toFixed(2))}%`;
    case "latency_p99":
      return `${Number(value.toPrecision(3))} ms`;
    case "request_rate":
      return `${Number(value.toPrecision(3))} requests/s`;
    case "node_lost":
      return `${Math.round(value)} s`;
    case "certificate_days":
      return `${Number(value.toFixed(1))} days`;
  }
}
