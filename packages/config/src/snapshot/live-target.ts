import { databaseOver } from "../access/database-over.ts";
import type { Context } from "../contract.ts";
import { readLive } from "../version/read-live.ts";

/** The newest rollout's version, without anything else: what a control replica asks when it was notified.
 * Undefined before the first publish. */
export async function liveTarget(
  context: Pick<Context, "sql">,
): Promise<{ readonly rollout: number; readonly version: number } | undefined> {
  const live = await readLive(databaseOver(context.sql));
  return live && { rollout: live.rollout.id, version: live.version.number };
}
