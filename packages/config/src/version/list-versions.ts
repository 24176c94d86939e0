import { desc, lt, sql } from "drizzle-orm";
import type { Context, Version } from "../contract.ts";
import { version } from "../schema/index.ts";
import { readLive, toVersion } from "./read-live.ts";

export interface ListVersionsInput {
  /** Only numbers below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/** Newest first. `next`: pass it as `before`; undefined on the last page. */
export async function listVersions(
  context: Context,
  input: ListVersionsInput = {},
): Promise<{
  readonly versions: readonly Version[];
  readonly total: number;
  readonly next: number | undefined;
}> {
  const limit = Math.min(input.limit ?? 50, 500);
  const { db } = context;
  const [rows, [count], live] = await Promise.all([
    db
      .select()
      .from(version)
      .where(input.before === undefined ? undefined : lt(version.number, input.before))
      .orderBy(desc(version.number))
      .limit(limit + 1),
    db.select({ total: sql<number>`count(*)::int` }).from(version),
    readLive(db),
  ]);
  const versions = rows.slice(0, limit).map((row) => toVersion(row, live?.version.number));
  return {
    versions,
    total: count?.total ?? 0,
    next: rows.length > limit ? versions.at(-1)?.number : undefined,
  };
}
