import type { StatsScope } from "@sluice/extension-api";
import { leaseStats } from "../stats/thread-stats.ts";
import type { WorkerContext } from "./worker-context.ts";

/**
 * A context for what is built from one configuration: the stats and shared numbers that are asked of it last until `release`, or
 * as long as another configuration has the same.
 */
export function leaseContext(worker: WorkerContext): {
  readonly context: WorkerContext;
  /** The scope with this prefix, as part of the lease. */
  scopeAt(prefix: string): StatsScope;
  release(): void;
} {
  const stats = leaseStats(worker.stats);
  const shared = worker.shared.lease();
  return {
    scopeAt: (prefix) => stats.at(prefix),
    context: { ...worker, stats: stats.root, shared },
    release: () => {
      stats.release();
      shared.release();
    },
  };
}
