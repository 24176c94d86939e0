import { setTimeout as delay } from "node:timers/promises";

/** Resolves after `delayMs`, or as soon as `signal` aborts. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch(() => {});
}
