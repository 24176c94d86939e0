import { and, eq, ilike, or, type SQL, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context, DraftResource, ResourceKind } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";
import { readLive } from "../version/read-live.ts";
import { DRAFT_ORDER, type DraftRow, refreshAnalyses, toDraftResource } from "./draft-rows.ts";
import { liveHashes } from "./live-hashes.ts";
import { readSurroundings } from "./surroundings.ts";
export interface ListResourcesInput {
  readonly kind?: ResourceKind | undefined;
  /** Case-insensitive substring of the name or the text (secrets: of the name only). */
  readonly search?: string | undefined;
  readonly change?: DraftResource["change"] | undefined;
  /** Only those with problems. */
  readonly withProblems?: boolean | undefined;
  readonly offset?: number | undefined;
  /** Default 100, at most 1,000. */
  readonly limit?: number | undefined;
}

/** The draft's resources by kind (in order of RESOURCE_KINDS) and name. `total` counts all that match. */
export async function listResources(
  context: Context,
  input: ListResourcesInput = {},
): Promise<{ readonly resources: readonly DraftResource[]; readonly total: number }> {
  await authorizeRead(context, "draft.list");
  const { db } = context;
  await refreshAnalyses(db);
  const offset = input.offset ?? 0;
  const limit = Math.min(input.limit ?? 100, 1000);
  const where = and(...conditions(input));
  const hashes = await liveHashes(db, await readLive(db));
  const around = await readSurroundings(db, context.now);
  const shown = (row: DraftRow) => toDraftResource(row, around, hashes[row.kind].get(row.name)?.[1]);
  if (input.change !== undefined || input.withProblems === true) {
    // Both depend on more than the row; what is left is counted and cut here.
    const rows = await db
      .select()
      .from(draftResource)
      .where(where)
      .orderBy(...DRAFT_ORDER);
    const matching = rows
      .map(shown)
      .filter((item) => input.change === undefined || item.change === input.change)
      .filter((item) => input.withProblems !== true || item.problems.length > 0);
    return { resources: matching.slice(offset, offset + limit), total: matching.length };
  }
  const [rows, [count]] = await Promise.all([
    db
      .select()
      .from(draftResource)
      .where(where)
      .orderBy(...DRAFT_ORDER)
      .limit(limit)
      .offset(offset),
    db.select({ total: sql<number>`count(*)::int` }).from(draftResource).where(where),
  ]);
  return { resources: rows.map(shown), total: count?.total ?? 0 };
}

function conditions(input: ListResourcesInput): (SQL | undefined)[] {
  const found: (SQL | undefined)[] = [];
  if (input.kind !== undefined) found.push(eq(draftResource.kind, input.kind));
  if (input.search !== undefined && input.search !== "") {
    const pattern = `%${escapeLike(input.search)}%`;
    // A search in the text of a secret would tell its value letter by letter.
    const inText = and(sql`${draftResource.kind} <> 'secrets'`, ilike(draftResource.yaml, pattern));
    found.push(or(ilike(draftResource.name, pattern), inText));
  }
  return found;
}
