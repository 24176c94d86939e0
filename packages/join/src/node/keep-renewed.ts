import type { Renewed } from "./renew-directory.ts";
import { renewDirectory } from "./renew-directory.ts";

export interface KeepRenewedOptions {
  readonly directory: string;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onRenewed: (renewed: Renewed) => void;
  readonly onFailed: (message: string, retryInMs: number) => void;
}

const LOOK_MS_MAX = 3_600_000;
const RETRY_MS_MIN = 10_000;
const RETRY_MS_MAX = 600_000;

/**
 * Renews a directory's credentials whenever they are due, for as long as the process lives; something else may renew them as
 * well. Failures are tried again, ever slower up to ten minutes, also after they have expired.
 *
 * @returns the way to stop
 */
export function keepRenewed(options: KeepRenewedOptions): () => void {
  const { directory, now, random, onRenewed, onFailed } = options;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let failures = 0;
  const again = (afterMs: number): void => {
    if (!stopped) timer = setTimeout(() => void look(), afterMs);
  };
  const look = async (): Promise<void> => {
    try {
      const found = await renewDirectory(directory, { now: now(), force: false });
      if (stopped) return;
      failures = 0;
      if (found.renewed) onRenewed(found);
      const dueMs = found.renewFrom.getTime() - now().getTime();
      // Nodes that joined together need not all come back together.
      again(Math.min(LOOK_MS_MAX, Math.max(1000, dueMs) * (1 + random() * 0.1)));
    } catch (error) {
      if (stopped) return;
      const retryInMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures++) * (0.5 + random() / 2);
      onFailed(error instanceof Error ? error.message : String(error), retryInMs);
      again(retryInMs);
    }
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
