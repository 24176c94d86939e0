import { eachMetric } from "../../../orca/orca-metrics.ts";
import type { OrcaReport } from "../../../orca/orca-report.ts";

const WEIGHT_MAX = 2 ** 32 - 1;

export interface WeightRule {
  /** `metric_names_for_computing_utilization`. */
  readonly metricNames: readonly string[];
  /** `error_utilization_penalty`. */
  readonly errorPenalty: number;
}

/** Requests per second by utilization, as a whole number; undefined when the report does not say. */
export function weightOfReport(
  report: OrcaReport,
  { metricNames, errorPenalty }: WeightRule,
): number | undefined {
  const rate = report.rpsFractional;
  if (!(rate > 0)) return undefined;
  const utilization = utilizationOf(report, metricNames) + (errorPenalty * report.eps) / rate;
  if (!(utilization > 0)) return undefined;
  // A weight of 0 would take the host out of the turns for good.
  return Math.max(1, Math.floor(Math.min(rate / utilization, WEIGHT_MAX)));
}

/** The greatest of those that are named, else the application's own figure, else the processor's. */
function utilizationOf(report: OrcaReport, metricNames: readonly string[]): number {
  let greatest = 0;
  eachMetric(report, metricNames, (_name, value) => {
    greatest = Math.max(greatest, value);
  });
  if (greatest > 0) return greatest;
  return report.applicationUtilization > 0 ? report.applicationUtilization : report.cpuUtilization;
}
