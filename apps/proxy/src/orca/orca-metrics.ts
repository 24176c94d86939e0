import type { OrcaReport } from "./orca-report.ts";

const MAPS = ["namedMetrics", "utilization", "requestCost"] as const;
const PREFIXES = {
  namedMetrics: "named_metrics.",
  utilization: "utilization.",
  requestCost: "request_cost.",
};

/**
 * The metrics of a report that `names` name: `cpu_utilization`, `mem_utilization`, `application_utilization`, `eps`,
 * `rps_fractional`, `named_metrics.<key>`, `utilization.<key>`, `request_cost.<key>`; `*` as a key stands for every one. What a
 * report does not say is 0 where the metric is one of its own fields, and none where it is an entry of a map.
 */
export function eachMetric(
  report: OrcaReport,
  names: readonly string[],
  visit: (name: string, value: number) => void,
): void {
  for (const name of names) {
    switch (name) {
      case "cpu_utilization":
        visit(name, report.cpuUtilization);
        break;
      case "mem_utilization":
        visit(name, report.memUtilization);
        break;
      case "application_utilization":
        visit(name, report.applicationUtilization);
        break;
      case "eps":
        visit(name, report.eps);
        break;
      case "rps_fractional":
        visit(name, report.rpsFractional);
        break;
      default:
        eachEntry(report, name, visit);
    }
  }
}

function eachEntry(report: OrcaReport, name: string, visit: (name: string, value: number) => void): void {
  for (const map of MAPS) {
    const prefix = PREFIXES[map];
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    const value = report[map].get(key);
    if (key === "*") for (const [each, amount] of report[map]) visit(prefix + each, amount);
    else if (value !== undefined) visit(name, value);
    return;
  }
}
