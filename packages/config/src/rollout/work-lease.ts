import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { NodeContext } from "../node/record-node-events.ts";

/**
 * Whether `holder` may do `work` for the next `ms`: it had the lease, or nobody has. What the lease guards must bear two holders
 * for a moment all the same (a stopped process wakes up and thinks it still has it): it saves work, it is no lock.
 */
export async function holdWorkLease(
  context: NodeContext,
  lease: { readonly work: string; readonly holder: string; readonly ms: number },
): Promise<boolean> {
  const now = context.now();
  const until = new Date(now.getTime() + lease.ms).toISOString();
  const rows = await databaseOver(context.sql).execute(sql`
    insert into config.work_lease as l (work, holder, until)
    values (${lease.work}, ${lease.holder}, ${until}::timestamptz)
    on conflict (work) do update set holder = excluded.holder, until = excluded.until
    where l.holder = excluded.holder or l.until <= ${now.toISOString()}::timestamptz
    returning 1`);
  return rows.length > 0;
}

/** At orderly shutdown: another replica goes on at once. */
export async function releaseWorkLease(
  context: NodeContext,
  lease: { readonly work: string; readonly holder: string },
): Promise<void> {
  await databaseOver(context.sql).execute(
    sql`delete from config.work_lease where work = ${lease.work} and holder = ${lease.holder}`,
  );
}
