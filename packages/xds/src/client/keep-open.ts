import { pause } from "../pause.ts";

export interface KeepOpenOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /**
   * One call, from its attempt to its end; answers why it ended. Calls `onOpen` when it stands, so that the next attempt waits no
   * longer than a first one. Never rejects.
   */
  readonly once: (onOpen: () => void) => Promise<CallEnd>;
  readonly onEnd: (detail: string) => void;
}

export interface CallEnd {
  readonly detail: string;
  /** Until the next attempt, in place of the backoff. */
  readonly retryMs?: number;
}

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;

/** Keeps a call open: attempts again after 0.5 s, doubling up to 30 s, half of it by lot. Resolves when `signal` ends it. */
export async function keepOpen({ signal, random, once, onEnd }: KeepOpenOptions): Promise<void> {
  let attempts = 0;
  while (!signal.aborted) {
    const { detail, retryMs } = await once(() => {
      attempts = 0;
    });
    if (signal.aborted) return;
    onEnd(detail);
    const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempts);
    attempts = Math.min(attempts + 1, 16);
    await pause((0.5 + random() / 2) * (retryMs ?? backoffMs), signal);
  }
}
