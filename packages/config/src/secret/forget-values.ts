import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { NodeContext } from "../node/record-node-events.ts";

/** An editor that holds a text of an hour ago may still put it back. */
const KEPT_MS = 24 * 3_600_000;

/** Removes sealed values that neither the draft nor any version has had for a day. */
export async function forgetValues(context: NodeContext): Promise<number> {
  const before = new Date(context.now().getTime() - KEPT_MS).toISOString();
  const rows = await databaseOver(context.sql).execute(sql`
    delete from config.secret_value v
    where used_at < ${before}::timestamptz
      and not exists (select 1 from config.draft_resource d where position(v.id in d.yaml) > 0)
      and not exists (select 1 from config.blob b where position(v.id in b.yaml) > 0)
    returning 1`);
  return rows.length;
}
