import {
  forgetValues,
  holdWorkLease,
  type KeyRing,
  releaseWorkLease,
  resealAll,
  warnOfExpiry,
} from "@sluice/config";
import type { Database, Sql } from "@sluice/database";

export interface SecretUpkeepOptions {
  readonly context: { readonly db: Database; readonly sql: Sql; readonly now: () => Date };
  readonly keys: KeyRing;
  /** Unique per process start. */
  readonly replica: string;
  readonly onTrouble: (error: unknown) => void;
}

const WORK = "secrets";
const LEASE_MS = 30_000;
const LOOK_MS = 5_000;
const HOUR_MS = 3_600_000;

const SYSTEM = { id: "system", name: "system", role: "admin" } as const;

/** Moves what is sealed to the current key when that changes, forgets values that nothing has any more, and tells of certificates
 * that expire; one replica does. */
export class SecretUpkeep {
  readonly #options: SecretUpkeepOptions;
  #timer: NodeJS.Timeout | undefined;
  #working = Promise.resolve();
  #closed = false;
  #done = "";
  #hourlyAtMs = 0;

  constructor(options: SecretUpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#working = this.#work()
      .catch(this.#options.onTrouble)
      .then(() => {
        if (!this.#closed) this.#timer = setTimeout(() => this.start(), LOOK_MS);
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
    const { context, replica, onTrouble } = this.#options;
    await releaseWorkLease(context, { work: WORK, holder: replica }).catch(onTrouble);
  }

  async #work(): Promise<void> {
    const { context, keys, replica } = this.#options;
    if (!(await holdWorkLease(context, { work: WORK, holder: replica, ms: LEASE_MS }))) return;
    const { id } = keys.current;
    if (this.#done !== id) {
      const { failed } = await resealAll(context, keys);
      if (failed > 0) throw new Error(`${failed} values are sealed with a secret key that is not here`);
      // Another process may have sealed with the old key a moment ago: the next turn finds nothing, and is the last.
      this.#done = this.#done === `${id} once` ? id : `${id} once`;
    }
    if (performance.now() < this.#hourlyAtMs) return;
    await forgetValues(context);
    await warnOfExpiry({ ...context, actor: SYSTEM });
    this.#hourlyAtMs = performance.now() + HOUR_MS;
  }
}
