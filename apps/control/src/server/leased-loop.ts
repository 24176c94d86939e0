import { holdWorkLease, releaseWorkLease } from "@sluice/config";
import type { NotificationBus, Sql } from "@sluice/database";
import { withDeadline } from "./with-deadline.ts";

export interface LeasedLoopOptions {
  readonly context: { readonly sql: Sql; readonly now: () => Date };
  readonly bus: NotificationBus;
  /** Unique per process start. */
  readonly replica: string;
  /** The lease's name. */
  readonly work: string;
  /** Of the lease: a replica that was killed is replaced after that. */
  readonly leaseMs: number;
  /** Between two rounds when nothing is notified. */
  readonly tickMs: number;
  /** A round that takes longer is given up on. */
  readonly deadlineMs: number;
  /** Notifications on a channel bring the next round within so many milliseconds, however many come. */
  readonly channels: readonly (readonly [channel: string, withinMs: number])[];
  /** One round, by the holder of the lease alone. `true`: there is more to do at once. */
  readonly round: () => Promise<boolean>;
  /** For errors: `moving rollouts on`. */
  readonly what: string;
  readonly onTrouble: (error: unknown) => void;
}

/** Work that one replica does for all, while it holds the lease for it; at each notification and at each tick. */
export class LeasedLoop {
  readonly #options: LeasedLoopOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #dueAtMs = 0;
  #againMs: number;
  #closed = false;
  readonly #unlisten: (() => Promise<void>)[] = [];

  constructor(options: LeasedLoopOptions) {
    this.#options = options;
    this.#againMs = options.tickMs;
  }

  /** Returns at once. */
  start(): void {
    this.#wake(0);
    void this.#listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
    await Promise.all(this.#unlisten.map((stop) => stop()));
    const { context, replica, work, what, onTrouble } = this.#options;
    const releasing = releaseWorkLease(context, { work, holder: replica });
    await withDeadline(`giving up the lease of ${what}`, 2_000, releasing).catch(onTrouble);
  }

  /** In `afterMs` at the latest: a steady stream of notifications must not put it off. */
  #wake(afterMs: number): void {
    if (this.#closed) return;
    if (this.#working !== undefined) {
      this.#againMs = Math.min(this.#againMs, afterMs);
      return;
    }
    const dueAtMs = performance.now() + afterMs;
    if (this.#timer !== undefined && this.#dueAtMs <= dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#againMs = this.#options.tickMs;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#wake(this.#againMs);
      });
    }, afterMs);
  }

  async #work(): Promise<void> {
    const { context, replica, work, leaseMs, deadlineMs, round, what, onTrouble } = this.#options;
    const once = async () => {
      if (!(await holdWorkLease(context, { work, holder: replica, ms: leaseMs }))) return;
      if (await round()) this.#againMs = 0;
    };
    try {
      await withDeadline(what, deadlineMs, once());
    } catch (error) {
      onTrouble(error);
    }
  }

  async #listen(): Promise<void> {
    for (const [channel, withinMs] of this.#options.channels) {
      const wake = () => this.#wake(withinMs);
      try {
        this.#unlisten.push(await this.#options.bus.listen(channel, wake, wake));
      } catch (error) {
        // The tick looks all the same.
        this.#options.onTrouble(error);
      }
    }
  }
}
