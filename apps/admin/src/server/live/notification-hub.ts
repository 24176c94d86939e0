import { type NotificationBus, openNotificationBus, type Sql } from "@sluice/database";

/** `missed`: notifications may have been lost (the connection was away); look at everything again. */
export type Hint = { readonly payload: string } | { readonly missed: true };

/**
 * One LISTEN per channel for this process, shared by every browser that watches. A slow reader keeps only the newest
 * `HINTS_MAX` hints: they are hints, and it is told that it missed some.
 */
export interface NotificationHub {
  /**
   * Resolves once Postgres has confirmed the subscription: read the state after that, and no change falls between.
   * The stream ends when `signal` aborts.
   */
  watch(channel: string, signal: AbortSignal): Promise<AsyncGenerator<Hint, void>>;
  close(): Promise<void>;
}

const HINTS_MAX = 64;

export function createNotificationHub(sql: Sql): NotificationHub {
  const bus: NotificationBus = openNotificationBus(sql);
  const channels = new Map<string, Channel>();

  function channelOf(name: string): Channel {
    const existing = channels.get(name);
    if (existing) return existing;
    const readers = new Set<(hint: Hint) => void>();
    const tell = (hint: Hint): void => {
      for (const reader of readers) reader(hint);
    };
    const subscribed = bus.listen(
      name,
      (payload) => tell({ payload }),
      () => tell({ missed: true }),
    );
    // Postgres is away: the next watcher tries again.
    subscribed.catch(() => channels.delete(name));
    const channel = { readers, subscribed };
    channels.set(name, channel);
    return channel;
  }

  return {
    async watch(name, signal) {
      const channel = channelOf(name);
      await channel.subscribed;
      const queue: Hint[] = [];
      let wake: () => void = () => {};
      const reader = (hint: Hint): void => {
        if (queue.length >= HINTS_MAX) queue.splice(0, queue.length, { missed: true });
        queue.push(hint);
        wake();
      };
      channel.readers.add(reader);
      const stop = (): void => {
        channel.readers.delete(reader);
        wake();
      };
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
      return readQueue(queue, signal, (resolve) => {
        wake = resolve;
      });
    },
    async close() {
      await Promise.allSettled([...channels.values()].map(async ({ subscribed }) => (await subscribed)()));
      channels.clear();
    },
  };
}

async function* readQueue(
  queue: Hint[],
  signal: AbortSignal,
  onWake: (resolve: () => void) => void,
): AsyncGenerator<Hint, void> {
  while (!signal.aborted) {
    const hint = queue.shift();
    if (hint) yield hint;
    else await new Promise<void>(onWake);
  }
}

interface Channel {
  readonly readers: Set<(hint: Hint) => void>;
  readonly subscribed: Promise<() => Promise<void>>;
}
