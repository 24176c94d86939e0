import { type Context, type Deed, recordRefusal, type Transaction } from "@sluice/config";

/** A transaction of somebody's own affairs, which need no permission: a `forbidden` inside is written to the audit log all the same. */
export async function recordRefused<T>(
  context: Context,
  deed: Deed,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await context.db.transaction(work);
  } catch (error) {
    await recordRefusal(context, deed, error);
    throw error;
  }
}
