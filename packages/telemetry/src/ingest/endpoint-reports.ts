import { LATENCY_BUCKETS_MS } from "../contract.ts";
import { emptyMeasures, type MutableMeasures } from "../measures/measures.ts";
import type { ScopeReport } from "./metrics-reader.ts";
import type { NewAccessLogEntry } from "./read-access-log.ts";
import { upstreamFailed } from "./response-flags.ts";

/**
 * What the requests of one batch say about the endpoints that served them: a stock Envoy counts per endpoint but does not
 * send it to its stats sinks. Of a request that was retried only the last attempt is known.
 */
export function endpointReports(entries: readonly NewAccessLogEntry[]): ScopeReport[] {
  const byEndpoint = new Map<string, MutableMeasures>();
  for (const entry of entries) {
    if (entry.cluster === "" || entry.upstreamAddress === "") continue;
    const name = `${entry.cluster}/${entry.upstreamAddress}`;
    let measures = byEndpoint.get(name);
    if (measures === undefined) {
      measures = emptyMeasures();
      byEndpoint.set(name, measures);
    }
    addEntry(measures, entry);
  }
  return [...byEndpoint].map(([name, measures]) => ({ scope: { kind: "endpoint", name }, measures }));
}

function addEntry(measures: MutableMeasures, entry: NewAccessLogEntry): void {
  measures.bytesSent += entry.bytesReceived;
  measures.bytesReceived += entry.bytesSent;
  if (upstreamFailed(entry.flags)) measures.failures++;
  if (entry.protocol === "TCP") {
    measures.connectionsOpened++;
    return;
  }
  measures.requests++;
  if (entry.status >= 500) measures.responses5xx++;
  else if (entry.status >= 400) measures.responses4xx++;
  else if (entry.status >= 300) measures.responses3xx++;
  else if (entry.status >= 200) measures.responses2xx++;
  const sent = entry.timings["upstream first byte sent"];
  const received = entry.timings["upstream last byte received"];
  if (sent === undefined || received === undefined) return;
  const bucket = LATENCY_BUCKETS_MS.findIndex((bound) => received - sent <= bound);
  const index = bucket === -1 ? LATENCY_BUCKETS_MS.length : bucket;
  measures.latency[index] = (measures.latency[index] ?? 0) + 1;
}
