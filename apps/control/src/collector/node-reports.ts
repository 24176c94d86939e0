import {
  endpointReports,
  MetricsReader,
  type Naming,
  readAccessLog,
  readLoadReport,
  readSpans,
  type TelemetryStore,
} from "@sluice/telemetry";
import type { Node } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type { StreamAccessLogsMessage } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import type { LoadStatsRequest } from "@sluice/xds/gen/envoy/service/load_stats/v3/lrs_pb.js";
import type { StreamMetricsMessage } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import type { ExportTraceServiceRequest } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";

export interface NodeReportsOptions {
  readonly store: TelemetryStore;
  readonly onSeen: (node: string, nowMs: number) => void;
  /** Gauges that say what the node runs. */
  readonly onFacts: (node: Node, facts: ReadonlyMap<string, number>) => void;
  /** Wall clock in milliseconds. */
  readonly now: () => number;
}

/** A report that comes after a longer pause is not spread over all of it: nobody knows when it happened. */
const INTERVAL_MAX_MS = 5_000;
const INTERVAL_GUESS_MS = 300;

/** What the gRPC services hand over, independent of gRPC: one object per process. */
export class NodeReports {
  readonly #options: NodeReportsOptions;
  #naming: Naming | undefined;
  readonly #readers = new Map<string, Set<MetricsReader>>();

  constructor(options: NodeReportsOptions) {
    this.#options = options;
  }

  /** The configuration changed. */
  rename(naming: Naming): void {
    this.#naming = naming;
    for (const readers of this.#readers.values()) for (const reader of readers) reader.rename(naming);
  }

  /** A node opened a metrics stream. `close` it with the stream. */
  openMetrics(node: Node): { read(message: StreamMetricsMessage): void; close(): void } {
    const { store, now, onFacts, onSeen } = this.#options;
    const reader = new MetricsReader({
      node: node.id,
      countersAreDeltas: sendsDeltas(node),
      ...(this.#naming === undefined ? {} : { naming: this.#naming }),
    });
    const readers = this.#readers.get(node.id) ?? new Set();
    this.#readers.set(node.id, readers.add(reader));
    let previousMs: number | undefined;
    return {
      read: (message) => {
        const nowMs = now();
        const fromMs = Math.max(previousMs ?? nowMs - INTERVAL_GUESS_MS, nowMs - INTERVAL_MAX_MS);
        previousMs = nowMs;
        const { scopes, facts } = reader.read(message, nowMs);
        store.addReports(node.id, fromMs, nowMs, scopes);
        onSeen(node.id, nowMs);
        if (facts.size > 0) onFacts(node, facts);
      },
      close: () => {
        readers.delete(reader);
        if (readers.size === 0) this.#readers.delete(node.id);
      },
    };
  }

  readAccessLog(message: StreamAccessLogsMessage, node: string, listener: string): void {
    const { store, now, onSeen } = this.#options;
    const nowMs = now();
    const entries = readAccessLog(message, {
      node,
      listener,
      ...(this.#naming === undefined ? {} : { naming: this.#naming }),
    });
    store.addRequests(node, entries, nowMs);
    onSeen(node, nowMs);
    const readers = [...(this.#readers.get(node) ?? [])];
    if (!readers.some(({ reportsEndpoints }) => reportsEndpoints)) {
      store.addDerived(node, nowMs, endpointReports(entries));
    }
  }

  readLoad(request: LoadStatsRequest, node: string): void {
    const { store, now, onSeen } = this.#options;
    const nowMs = now();
    store.addLoad(node, readLoadReport(request), nowMs);
    onSeen(node, nowMs);
  }

  /** `node`: whose they are, where the connection tells; else the spans do. */
  readSpans(request: ExportTraceServiceRequest, node?: string): void {
    const spans = readSpans(request);
    const known = node === undefined ? spans : spans.map((span) => ({ ...span, node }));
    this.#options.store.addSpans(known, this.#options.now());
  }
}

/** What `renderBootstrap` writes into the node's metadata; Envoy's messages do not say how counters are meant. */
function sendsDeltas(node: Node): boolean {
  const sluice = node.metadata?.sluice;
  return (
    typeof sluice === "object" && sluice !== null && !Array.isArray(sluice) && sluice.counters === "deltas"
  );
}
