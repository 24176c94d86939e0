import { sql } from "drizzle-orm";
import type { Executor } from "./executor.ts";

/** Sent when the transaction commits, never when it fails. */
export async function notify(
  executor: Executor,
  channel: string,
  ...hints: readonly object[]
): Promise<void> {
  if (hints.length === 0) return;
  const payloads = JSON.stringify(hints.map((hint) => JSON.stringify(hint)));
  await executor.execute(
    sql`select pg_notify(${channel}, hint) from json_array_elements_text(${payloads}::text::json) as hint`,
  );
}
