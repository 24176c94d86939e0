import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { EnvelopeError, reseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { keyIdOf, SEALED_PLACES } from "./sealed-places.ts";

const ROWS_AT_ONCE = 500;

/**
 * Moves everything sealed to the ring's current key. May run in several processes at once, and beside everything else: a value
 * that changed meanwhile stays. `failed`: sealed with a key that is not here.
 */
export async function resealAll(
  context: NodeContext,
  keys: KeyRing,
): Promise<{ readonly moved: number; readonly failed: number }> {
  const db = databaseOver(context.sql);
  const { id } = keys.current;
  let moved = 0;
  let failed = 0;
  for (const { table, key, column, purpose } of SEALED_PLACES) {
    let after = "";
    for (;;) {
      const rows = await db.execute<{ key: string; sealed: string; purpose: string }>(sql`
        select ${key} as key, ${column} as sealed, ${purpose} as purpose from ${table}
        where ${keyIdOf(column)} <> ${id} and ${key} > ${after} order by ${key} limit ${ROWS_AT_ONCE}`);
      for (const row of rows) {
        after = row.key;
        const next = resealed(keys, row.purpose, row.sealed);
        if (next === undefined) failed++;
        else if (next !== row.sealed) {
          await db.execute(
            sql`update ${table} set ${column} = ${next} where ${key} = ${row.key} and ${column} = ${row.sealed}`,
          );
          moved++;
        }
      }
      if (rows.length < ROWS_AT_ONCE) break;
    }
  }
  return { moved, failed };
}

function resealed(keys: KeyRing, purpose: string, sealed: string): string | undefined {
  try {
    return reseal(keys, purpose, sealed);
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}
