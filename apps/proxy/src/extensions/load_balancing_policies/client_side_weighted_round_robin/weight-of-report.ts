import type { LoadReport } from "./load-report.ts";

const WEIGHT_MAX = 2 ** 32 - 1;

/** Requests per second by utilization, as a whole number; undefined when the report does not say. */
export function weightOfReport(
  report: LoadReport,
  metricNames: readonly string[],
  errorPenalty: number,
): number | undefined {
  const rate = report.rpsFractional;
  if (!(rate > 0)) return undefined;
  const utilization = utilizationOf(report, metricNames) + (errorPenalty * report.eps) / rate;
  if (!(utilization > 0)) return undefined;
  // A weight of 0 would take the host out of the turns for good.
  return Math.max(1, Math.floor(Math.min(rate / utilization, WEIGHT_MAX)));
}

/** The application's own figure, else the greatest of those that are named, else the processor's. */
function utilizationOf(report: LoadReport, metricNames: readonly string[]): number {
  if (report.applicationUtilization > 0) return report.applicationUtilization;
  let greatest = 0;
  for (const name of metricNames) greatest = Math.max(greatest, metric(report, name));
  return greatest > 0 ? greatest : report.cpuUtilization;
}

/** `cpu_utilization`, `named_metrics.<name>`, `utilization.<name>`, …; `*`: the greatest of its kind. */
function metric(report: LoadReport, name: string): number {
  if (name === "cpu_utilization") return report.cpuUtilization;
  if (name === "mem_utilization") return report.memUtilization;
  if (name === "application_utilization") return report.applicationUtilization;
  for (const [prefix, values] of [
    ["named_metrics.", report.namedMetrics],
    ["utilization.", report.utilization],
    ["request_cost.", report.requestCost],
  ] as const) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    return key === "*" ? Math.max(0, ...values.values()) : (values.get(key) ?? 0);
  }
  return 0;
}
