import type { StatsScope } from "@sluice/extension-api";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { HttpFactoryContext } from "./filter-chain-config.ts";

export function httpFactoryContext(
  worker: WorkerContext,
  stats: StatsScope,
  place: string,
  onClose: (release: () => void) => void,
): HttpFactoryContext {
  const { clock, timers, random, runtime, clusters, log } = worker;
  return { worker, stats, place, onClose, clock, timers, random, runtime, clusters, log };
}
