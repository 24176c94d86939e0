import type { Context } from "../contract.ts";
import { type Deed, type Need, recordRefusal, requireNeed } from "./authorize.ts";
import type { Transaction } from "./executor.ts";

/**
 * How every changing verb runs: the permission first, then one transaction, in which the verb writes its audit event. A refused
 * attempt is written to the audit log, also one that is refused inside the transaction, which is rolled back. Throws `forbidden`.
 */
export async function change<T>(
  context: Context,
  attempt: Need & Deed,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    requireNeed(context.actor, attempt, attempt);
    return await context.db.transaction(work);
  } catch (error) {
    await recordRefusal(context, attempt, error);
    throw error;
  }
}
