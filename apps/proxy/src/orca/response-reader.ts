import type { ResponseObserver } from "../cluster/thread-local-cluster.ts";
import type { LoadReportObserver } from "../load-balancer/load-balancer.ts";
import type { LoadMetricsOutbox } from "./load-metrics-outbox.ts";
import { readOrcaReport } from "./read-orca-report.ts";

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
