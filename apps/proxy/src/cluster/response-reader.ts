import type { LoadReportObserver } from "../load-balancer/load-balancer.ts";
import type { LoadMetricsOutbox } from "../orca/load-metrics-outbox.ts";
import { readOrcaReport } from "../orca/read-orca-report.ts";
import type { ResponseObserver } from "./thread-local-cluster.ts";

/** Reads the load reports of responses for `observer`, which is asked anew each time, and for `metrics`. */
export function responseReader(
  observer: () => LoadReportObserver | undefined,
  metrics: LoadMetricsOutbox | undefined,
): ResponseObserver {
  return (host, headers) => {
    const report = readOrcaReport(headers);
    if (report === undefined) return;
    if (host.key !== undefined) metrics?.note(host.key, report);
    observer()?.(host, report);
  };
}
