import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";

/** One at a time decides about a node id, until its transaction ends: joining, renewing, revoking. */
export async function lockNode(tx: Transaction, id: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`sluice join ${id}`}, 0))`);
}
