import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";

/** Edits share the draft; a publisher or a reset has it alone, so that nothing moves while it is read or replaced. */
export async function lockDraft(tx: Transaction, mode: "share" | "update"): Promise<void> {
  await tx.execute(
    mode === "share"
      ? sql`select 1 from config.draft_lock for share`
      : sql`select 1 from config.draft_lock for update`,
  );
}
