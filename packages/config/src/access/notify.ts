import { sql } from "drizzle-orm";
import type { Executor } from "./executor.ts";

/** Sent when the transaction commits, never when it fails. */
export async function notify(executor: Executor, channel: string, hint: object): Promise<void> {
  await executor.execute(sql`select pg_notify(${channel}, ${JSON.stringify(hint)})`);
}
