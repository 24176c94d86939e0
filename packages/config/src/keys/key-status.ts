import { gt, sql } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { keyHolder } from "../schema/index.ts";
import { keyIdOf, SEALED_PLACES } from "./sealed-places.ts";

/** A key that secrets are sealed with, as this server knows it. */
export interface KeyState {
  readonly id: string;
  /** `current` seals; `older` still opens; `missing`: something is sealed with it, and it is not here. */
  readonly state: "current" | "older" | "missing";
  /** How many values are sealed with it. */
  readonly uses: number;
  /** Running processes (`control on host`) that have it, and those that have not. */
  readonly knownBy: readonly string[];
  readonly unknownTo: readonly string[];
}

export interface KeyStatus {
  readonly keys: readonly KeyState[];
  /** This server may rotate by itself: the keys are in a file that it made. Else the operator puts a new one where they are. */
  readonly managed: boolean;
  /** Where this server's keys come from: `SLUICE_SECRET_KEY`, `SLUICE_SECRET_KEY_FILE`, or `generated` beside the data, where whoever
   * takes the data has the key too. */
  readonly source: "environment" | "file" | "generated";
  /** Of a generated one. */
  readonly file: string | undefined;
}

/** A process that has not said so for that long is gone. */
export const HOLDER_LEASE_MS = 25_000;

export interface Holder {
  readonly label: string;
  readonly keys: readonly string[];
}

/** Which keys there are, who has them, and what still needs them. `settings.manage`. */
export async function keyStatus(context: Context): Promise<KeyStatus> {
  const attempt = { permission: "settings.manage", action: "keys.read", subject: "keys" } as const;
  return await change(context, attempt, async (tx) => {
    const [uses, holders] = [await keyUses(tx), await readHolders(tx, context.now)];
    const file = context.ring?.ownFile;
    const source =
      file !== undefined ? "generated" : context.ring?.reload === undefined ? "environment" : "file";
    return { keys: statesOf(context.ring, uses, holders), managed: file !== undefined, source, file };
  });
}

function statesOf(
  ring: KeyRing | undefined,
  uses: ReadonlyMap<string, number>,
  holders: readonly Holder[],
): readonly KeyState[] {
  const known = ring === undefined ? [] : [ring.current.id, ...ring.older.map(({ id }) => id)];
  return [...new Set([...known, ...uses.keys()])].map((id) => ({
    id,
    state: id === ring?.current.id ? "current" : known.includes(id) ? "older" : "missing",
    uses: uses.get(id) ?? 0,
    knownBy: holders.filter(({ keys }) => keys.includes(id)).map(({ label }) => label),
    unknownTo: holders.filter(({ keys }) => !keys.includes(id)).map(({ label }) => label),
  }));
}

export async function keyUses(executor: Executor): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>();
  for (const { table, column } of SEALED_PLACES) {
    const rows = await executor.execute<{ id: string; count: number }>(
      sql`select ${keyIdOf(column)} as id, count(*)::int as count from ${table} where ${column} is not null group by 1`,
    );
    for (const { id, count } of rows) uses.set(id, (uses.get(id) ?? 0) + count);
  }
  return uses;
}

export async function readHolders(executor: Executor, now: Context["now"]): Promise<readonly Holder[]> {
  const alive = new Date(now().getTime() - HOLDER_LEASE_MS);
  return await executor
    .select({ label: keyHolder.label, keys: keyHolder.keys })
    .from(keyHolder)
    .where(gt(keyHolder.seenAt, alive))
    .orderBy(keyHolder.label);
}
