import { advanceRollouts, CHANNELS, type Compare, holdWorkLease, releaseWorkLease } from "@sluice/config";
import type { Database, NotificationBus, Sql } from "@sluice/database";
import { withDeadline } from "../server/with-deadline.ts";

export interface RolloutEngineOptions {
  readonly context: { readonly db: Database; readonly sql: Sql; readonly now: () => Date };
  readonly bus: NotificationBus;
  /** Unique per process start. */
  readonly replica: string;
  readonly compare: Compare;
  readonly onTrouble: (error: unknown) => void;
}

const WORK = "rollouts";
/** A replica that was killed is replaced after that. */
const LEASE_MS = 5_000;
const TICK_MS = 1_000;
/** Between two looks, however many notifications come. */
const PAUSE_MS = 100;
const ADVANCE_DEADLINE_MS = 15_000;

/** Moves the rollouts on, while this replica holds the lease for it; at each notification and every second. */
export class RolloutEngine {
  readonly #options: RolloutEngineOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #closed = false;
  readonly #unlisten: (() => Promise<void>)[] = [];

  constructor(options: RolloutEngineOptions) {
    this.#options = options;
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
    const { context, replica, onTrouble } = this.#options;
    const releasing = releaseWorkLease(context, { work: WORK, holder: replica });
    await withDeadline("giving the rollouts away", 2_000, releasing).catch(onTrouble);
  }

  #wake(afterMs: number): void {
    if (this.#closed) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#again = false;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#wake(this.#again ? PAUSE_MS : TICK_MS);
      });
    }, afterMs);
  }

  async #work(): Promise<void> {
    const { context, replica, compare, onTrouble } = this.#options;
    try {
      const lease = { work: WORK, holder: replica, ms: LEASE_MS };
      const advance = async () => {
        if (await holdWorkLease(context, lease)) await advanceRollouts(context, compare);
      };
      await withDeadline("moving rollouts on", ADVANCE_DEADLINE_MS, advance());
    } catch (error) {
      onTrouble(error);
    }
  }

  async #listen(): Promise<void> {
    const wake = () => this.#wake(PAUSE_MS);
    for (const channel of [CHANNELS.rollout, CHANNELS.node]) {
      try {
        this.#unlisten.push(await this.#options.bus.listen(channel, wake, wake));
      } catch (error) {
        // The tick looks every second all the same.
        this.#options.onTrouble(error);
      }
    }
  }
}
