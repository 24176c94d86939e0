import { and, desc, ilike, inArray, lt, or, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context, Version } from "../contract.ts";
import { version, versionTag } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";
import { readLive, readTags, toVersion } from "./read-live.ts";

export interface ListVersionsInput {
  /** Only numbers below this one: the last of the page before. */
  readonly before?: number | undefined;
  /** Default 50, at most 500. */
  readonly limit?: number;
  /** Case-insensitive: in the message, the author or a tag. */
  readonly search?: string | undefined;
}

/** Newest first; `total` counts all that match. `next`: pass it as `before`; undefined on the last page. */
export async function listVersions(
  context: Context,
  input: ListVersionsInput = {},
): Promise<{
  readonly versions: readonly Version[];
  readonly total: number;
  readonly next: number | undefined;
}> {
  await authorizeRead(context, "version.list");
  const limit = Math.min(input.limit ?? 50, 500);
  const { db } = context;
  const pattern = `%${escapeLike(input.search?.trim() ?? "")}%`;
  const tagged = db
    .select({ version: versionTag.version })
    .from(versionTag)
    .where(ilike(versionTag.name, pattern));
  const matches =
    pattern === "%%"
      ? undefined
      : or(ilike(version.message, pattern), ilike(version.author, pattern), inArray(version.number, tagged));
  const [rows, [count], live] = await Promise.all([
    db
      .select()
      .from(version)
      .where(and(matches, input.before === undefined ? undefined : lt(version.number, input.before)))
      .orderBy(desc(version.number))
      .limit(limit + 1),
    db.select({ total: sql<number>`count(*)::int` }).from(version).where(matches),
    readLive(db),
  ]);
  const shown = rows.slice(0, limit);
  const tags = await readTags(
    db,
    shown.map(({ number }) => number),
  );
  const versions = shown.map((row) => toVersion(row, live?.version.number, tags.get(row.number)));
  return {
    versions,
    total: count?.total ?? 0,
    next: rows.length > limit ? versions.at(-1)?.number : undefined,
  };
}
