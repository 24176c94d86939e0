import type { StatsScope } from "@sluice/extension-api";

/** Where entries of a log that go to a service are counted; Envoy's names. */
export interface RelayedLog {
  readonly kind: "http" | "tcp" | "otlp";
  readonly overHttp: boolean;
  /** Of an OpenTelemetry log; "": none. */
  readonly statPrefix: string;
}

/** Entries that were handed over, and those that had no room. */
const COUNTERS = ["logs_written", "logs_dropped"] as const;
/** Entries that went out on a stream, and those that a flush could not send (again at each flush). */
const STREAM_COUNTERS = ["grpc_entries_flushed", "grpc_entries_flush_failed"] as const;

export function relayedLogScope({ kind, statPrefix }: RelayedLog): string {
  if (kind !== "otlp") return "access_logs.grpc_access_log.";
  return `access_logs.open_telemetry_access_log.${statPrefix === "" ? "" : `${statPrefix}.`}`;
}

/** Lists them before anything was logged. `root`: the root scope. */
export function defineRelayedLogStats(root: StatsScope, log: RelayedLog): void {
  for (const name of log.overHttp ? COUNTERS : [...COUNTERS, ...STREAM_COUNTERS])
    root.counter(relayedLogScope(log) + name);
}
