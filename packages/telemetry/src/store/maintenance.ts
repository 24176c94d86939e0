import type { Sql } from "@sluice/database";
import { applyRetention, type Retention } from "./apply-retention.ts";
import { ROLL_UPS, rollUp } from "./roll-up.ts";

const ROUND_MS = 5_000;
const RETENTION_ROUNDS = 6;
const LONG_LOOKBACK_ROUNDS = 12;
/** One replica works at a time; the others find the lock taken and leave it to it. */
const LOCK = 7_583_442_103;

export interface MaintenanceOptions {
  /** Asked before each round that deletes. Default: `Retention`'s defaults. */
  readonly retention?: () => Promise<Retention>;
  readonly onTrouble?: (error: unknown) => void;
}

/** Rolls up every 5 s and deletes every 30 s, on one of the replicas that run it. */
export function startMaintenance(sql: Sql, options: MaintenanceOptions = {}): { close(): Promise<void> } {
  let round = 0;
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const next = () => {
    timer = setTimeout(() => {
      running = maintain(sql, round++, options.retention)
        .catch((error: unknown) => options.onTrouble?.(error))
        .then(() => {
          if (!closed) next();
        });
    }, ROUND_MS);
  };
  next();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** One round. Rows may come late after an outage: once a minute it looks back further. */
export async function maintain(
  sql: Sql,
  round: number,
  retention: () => Promise<Retention> = async () => ({}),
): Promise<void> {
  await sql.begin(async (transaction) => {
    // The lock belongs to the transaction; the statements are those of a plain client.
    const within = transaction as unknown as Sql;
    const [lock] = await within<{ mine: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as mine`;
    if (lock?.mine !== true) return;
    await within`set local statement_timeout = '30s'`;
    const lookback = round % LONG_LOOKBACK_ROUNDS === 0 ? 120 : 20;
    for (const step of ROLL_UPS) await rollUp(within, step, Math.max(lookback, step.stepSeconds));
    if (round % RETENTION_ROUNDS === 0) await applyRetention(within, await retention());
  });
}
