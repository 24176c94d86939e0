import type { Measures, Summary } from "../contract.ts";
import { percentile } from "./percentile.ts";

/**
 * Rates, success and percentiles of what was measured in `seconds`.
 *
 * A failure usually ends as a 5xx that the proxy answers itself, and one that was retried may end well: so the requests
 * that went wrong are the greater of 5xx and of failures without a retry.
 */
export function summarize(measures: Measures, seconds: number): Summary {
  const span = seconds > 0 ? seconds : 1;
  const bad = Math.max(measures.responses5xx, measures.failures - measures.retries);
  const tried = Math.max(measures.requests, bad);
  return {
    requestsPerSecond: measures.requests / span,
    successRate: tried === 0 ? undefined : 1 - bad / tried,
    p50Ms: percentile(measures.latency, 0.5),
    p95Ms: percentile(measures.latency, 0.95),
    p99Ms: percentile(measures.latency, 0.99),
    connectionsActive: measures.connectionsActive,
    bytesReceivedPerSecond: measures.bytesReceived / span,
    bytesSentPerSecond: measures.bytesSent / span,
  };
}
