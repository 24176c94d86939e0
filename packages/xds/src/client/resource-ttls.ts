import type { Duration } from "@bufbuild/protobuf/wkt";

/** setTimeout's longest delay. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** `Resource.ttl`: resources that go by themselves unless the server speaks of them again in time. */
export class ResourceTtls {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #onExpired: (name: string) => void;

  constructor(onExpired: (name: string) => void) {
    this.#onExpired = onExpired;
  }

  /** The server spoke of it: with a time it has that long from now, without one for ever. */
  set(name: string, ttlMs: number | undefined): void {
    this.delete(name);
    if (ttlMs === undefined) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(name);
        this.#onExpired(name);
      },
      Math.min(ttlMs, DELAY_MS_MAX),
    );
    this.#timers.set(name, timer);
  }

  delete(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

export function ttlMsOf(ttl: Duration | undefined): number | undefined {
  return ttl === undefined ? undefined : Number(ttl.seconds) * 1000 + ttl.nanos / 1e6;
}
