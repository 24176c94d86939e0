import type { NotificationBus } from "@sluice/database";

export interface NotifiedLoopOptions {
  readonly bus: NotificationBus;
  readonly channel: string;
  /** One look; it must end, so whatever it waits for has a deadline. */
  readonly look: () => Promise<void>;
  /** From a look to the next when nothing is notified, in milliseconds: a lost notification costs no more than that. */
  readonly tickMs: number;
  /** The same after a look that failed, and from one attempt to listen to the next. */
  readonly retryMs: number;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Looks at what is in Postgres: at start, at each notification and at each tick. One look is under way at a time; what is
 * notified meanwhile brings one more after it, however much it is. Postgres may be away, at start too.
 */
export class NotifiedLoop {
  readonly #options: NotifiedLoopOptions;
  #looking: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #closed = false;

  constructor(options: NotifiedLoopOptions) {
    this.#options = options;
  }

  /** Whether a look that has nothing urgent left to do should end: another one waits for it, or the loop is closed. */
  get isAwaited(): boolean {
    return this.#again || this.#closed;
  }

  /** Returns at once. */
  start(): void {
    this.look();
    void this.#listen();
  }

  /** Resolves when the look that is under way has ended; none follows. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#unlisten?.();
  }

  /** Looks now; when a look is under way, once more after it. */
  look(): void {
    if (this.#closed) return;
    if (this.#looking !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    const { tickMs, retryMs } = this.#options;
    this.#again = false;
    this.#looking = this.#lookOnce().then((failed) => {
      this.#looking = undefined;
      if (this.#again && !failed) this.look();
      else if (!this.#closed) this.#timer = setTimeout(() => this.look(), failed ? retryMs : tickMs);
    });
  }

  /** Whether it failed. */
  async #lookOnce(): Promise<boolean> {
    try {
      await this.#options.look();
      return false;
    } catch (error) {
      this.#options.onTrouble(error);
      return true;
    }
  }

  /** Once subscribed, the driver subscribes again by itself after Postgres was away. */
  async #listen(): Promise<void> {
    const look = () => this.look();
    while (!this.#closed && this.#unlisten === undefined) {
      try {
        this.#unlisten = await this.#options.bus.listen(this.#options.channel, look, look);
        look();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, this.#options.retryMs));
      }
    }
  }
}
