import type { ListenerManager } from "../listener/listener-manager.ts";

export interface DrainRequest {
  /** Listeners stop when the drain time is over; otherwise now. */
  readonly graceful: boolean;
  readonly inboundOnly: boolean;
  readonly keepListening: boolean;
}

/** How often it is looked whether connections have ended. */
const LOOK_MS = 20;

/** Listeners that go with the whole process: by an operator's word (`/drain_listeners`), or since it ends. */
export class ListenerDrain {
  readonly #listeners: ListenerManager;
  readonly #drainTimeMs: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #listenersClose = false;
  #stopped = false;

  constructor(listeners: ListenerManager, drainTimeMs: number) {
    this.#listeners = listeners;
    this.#drainTimeMs = drainTimeMs;
  }

  /** They are closed, or will be when the drain time is over: nothing stops that. */
  get listenersClose(): boolean {
    return this.#listenersClose;
  }

  /** `/drain_listeners`: connections end in the course of the drain time, and listeners stop now or, `graceful`, behind it. */
  async begin({ graceful, inboundOnly, keepListening }: DrainRequest): Promise<void> {
    if (!keepListening && !inboundOnly) this.#listenersClose = true;
    await this.#listeners.drain(inboundOnly);
    if (keepListening) return;
    if (!graceful) return this.#listeners.stopListening(inboundOnly);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#listeners.stopListening(inboundOnly);
    }, this.#drainTimeMs);
    this.#timers.add(timer);
  }

  /** Stops listening; resolves when no connection is left, after `limitMs`, or with `stop`. */
  async end(limitMs: number): Promise<void> {
    await this.#listeners.end();
    const until = Date.now() + limitMs;
    while (this.#listeners.draining().length > 0 && Date.now() < until && !this.#stopped) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
