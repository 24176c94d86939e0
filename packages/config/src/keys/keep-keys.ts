import { eq, lt } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { keyHolder } from "../schema/index.ts";
import { HOLDER_LEASE_MS } from "./key-status.ts";

export interface KeepKeysOptions {
  readonly context: NodeContext;
  readonly keys: KeyRing;
  /** Unique per process start. */
  readonly process: string;
  /** For people: `control on host`. */
  readonly label: string;
  readonly onTrouble: (error: unknown) => void;
}

const LOOK_MS = 2_000;
const ANNOUNCE_MS = 8_000;

/** Reads the keys anew when their file changes, and lets the others know which this process has: rotation waits for that. */
export function keepKeys(options: KeepKeysOptions): { close(): Promise<void> } {
  const { context, keys, onTrouble } = options;
  const db = databaseOver(context.sql);
  let announced = "";
  let announcedAtMs = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();
  const look = async () => {
    keys.reload?.();
    const ids = [keys.current.id, ...keys.older.map(({ id }) => id)];
    if (ids.join() === announced && performance.now() < announcedAtMs + ANNOUNCE_MS) return;
    const row = { process: options.process, label: options.label, keys: ids, seenAt: context.now() };
    await db.insert(keyHolder).values(row).onConflictDoUpdate({ target: keyHolder.process, set: row });
    await db
      .delete(keyHolder)
      .where(lt(keyHolder.seenAt, new Date(context.now().getTime() - HOLDER_LEASE_MS)));
    announced = ids.join();
    announcedAtMs = performance.now();
  };
  const turn = () => {
    working = look()
      .catch(onTrouble)
      .then(() => {
        if (!closed) timer = setTimeout(turn, LOOK_MS);
      });
  };
  turn();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await working;
      await db.delete(keyHolder).where(eq(keyHolder.process, options.process)).catch(onTrouble);
    },
  };
}
