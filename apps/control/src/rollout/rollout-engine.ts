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
/** A thousand nodes that acknowledge at once are looked at together, when most of them have. */
const GATHER_NODES_MS = 500;
const ADVANCE_DEADLINE_MS = 15_000;

/** Moves the rollouts on, while this replica holds the lease for it; at each notification and every second. */
export class RolloutEngine {
  readonly #options: RolloutEngineOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #dueAtMs = 0;
  #againMs = TICK_MS;
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
      this.#againMs = TICK_MS;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#wake(this.#againMs);
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
    const channels = [
      [CHANNELS.rollout, PAUSE_MS],
      [CHANNELS.node, GATHER_NODES_MS],
    ] as const;
    for (const [channel, afterMs] of channels) {
      const wake = () => this.#wake(afterMs);
      try {
        this.#unlisten.push(await this.#options.bus.listen(channel, wake, wake));
      } catch (error) {
        // The tick looks every second all the same.
        this.#options.onTrouble(error);
      }
    }
  }
}
