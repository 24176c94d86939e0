import type { Executor } from "../access/executor.ts";
import type { Context, DraftResource } from "../contract.ts";
import { readLive } from "../version/read-live.ts";
import { versionEntries } from "../version/version-entries.ts";
import { type DraftRow, toDraftResource } from "./draft-rows.ts";
import { readSurroundings } from "./surroundings.ts";

/** One row as its readers see it: with its problems among the others and its change against what is live. */
export async function showRow(
  executor: Executor,
  now: Context["now"],
  row: DraftRow,
): Promise<DraftResource> {
  const [around, live] = await Promise.all([readSurroundings(executor, now), readLive(executor)]);
  const entries = live && (await versionEntries(executor, live.version.kinds, [row.kind]));
  return toDraftResource(row, around, entries?.[row.kind].get(row.name)?.[1]);
}
