import type { Counter, Gauge, StatsScope } from "@sluice/extension-api";

/** `filesystem.`: what is written to log files, Envoy's names. */
export interface FileStats {
  readonly writeBuffered: Counter;
  readonly writeCompleted: Counter;
  readonly writeFailed: Counter;
  readonly flushedByTimer: Counter;
  readonly reopenFailed: Counter;
  /** Bytes. */
  readonly writeTotalBuffered: Gauge;
}

export function createFileStats(root: StatsScope): FileStats {
  const scope = root.scope("filesystem");
  return {
    writeBuffered: scope.counter("write_buffered"),
    writeCompleted: scope.counter("write_completed"),
    writeFailed: scope.counter("write_failed"),
    flushedByTimer: scope.counter("flushed_by_timer"),
    reopenFailed: scope.counter("reopen_failed"),
    writeTotalBuffered: scope.gauge("write_total_buffered"),
  };
}
