import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { NotificationHub } from "../../live/notification-hub.ts";

export interface FeedOptions {
  readonly hub: NotificationHub;
  /** Any notification on one of them means: read again. */
  readonly channels: readonly string[];
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Reads also when nothing was notified, so that what goes stale is seen to. Default 1,000. */
  readonly heartbeatMs?: number;
  /** Between two reads at least. Default 200. */
  readonly intervalMinMs?: number;
}

/**
 * What `read` answers: at once, then after each notification and each heartbeat, until the signal aborts. Notifications
 * that come while it reads or while the browser is slow fold into one, so nothing queues up. A read that fails (Postgres
 * is away) is tried again at the next heartbeat; the browser sees by its clock that nothing comes.
 */
export async function* feed<Value>(
  options: FeedOptions,
  read: () => Promise<Value | undefined>,
): AsyncGenerator<Value, void> {
  const { signal, log } = options;
  const heartbeatMs = options.heartbeatMs ?? 1_000;
  const bell = createBell();
  for (const channel of options.channels) void ringOn(options, channel, bell.ring);
  signal.addEventListener("abort", bell.ring, { once: true });
  let failing = false;
  try {
    while (!signal.aborted) {
      const startedAt = performance.now();
      bell.reset();
      try {
        const value = await read();
        failing = false;
        if (value !== undefined && !signal.aborted) yield value;
      } catch (error) {
        if (!failing)
          log.warn({ err: error, channels: options.channels }, "a live feed cannot read; it tries on");
        failing = true;
      }
      const restMs = (options.intervalMinMs ?? 200) - (performance.now() - startedAt);
      if (restMs > 0 && !signal.aborted) await delay(restMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted)
        await bell.wait(failing ? heartbeatMs : Math.max(1, heartbeatMs - (performance.now() - startedAt)));
    }
  } finally {
    signal.removeEventListener("abort", bell.ring);
  }
}

async function ringOn(options: FeedOptions, channel: string, ring: () => void): Promise<void> {
  const { hub, signal } = options;
  while (!signal.aborted) {
    try {
      for await (const _hint of await hub.watch(channel, signal)) ring();
    } catch {
      // Postgres is away: the heartbeat reads on meanwhile.
      await delay(1_000, undefined, { signal }).catch(() => {});
    }
  }
}

interface Bell {
  readonly ring: () => void;
  readonly reset: () => void;
  /** Until it rang since the last reset, or the time is over. */
  readonly wait: (ms: number) => Promise<void>;
}

function createBell(): Bell {
  let rang = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rang = true;
      wake?.();
    },
    reset() {
      rang = false;
    },
    wait(ms) {
      if (rang) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        wake = done;
      });
    },
  };
}
