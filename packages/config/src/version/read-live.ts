import { desc, eq, inArray } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { Rollout, Version } from "../contract.ts";
import { rollout, type VersionKind, version, versionTag } from "../schema/index.ts";
import { EMPTY_TREE } from "./build-tree.ts";
import type { VersionKinds } from "./version-entries.ts";

type VersionRow = typeof version.$inferSelect;
type RolloutRow = typeof rollout.$inferSelect;

export interface Live {
  readonly version: VersionRow;
  readonly rollout: RolloutRow;
}

const NOTHING: VersionKind = {
  tree: EMPTY_TREE.hash,
  count: 0,
  contentHash: EMPTY_TREE.contentHash,
  wanted: false,
};

/** Before the first publish. */
export const NO_KINDS: VersionKinds = {
  listeners: NOTHING,
  routes: NOTHING,
  clusters: NOTHING,
  endpoints: NOTHING,
  secrets: NOTHING,
};

/** The newest rollout and its version. */
export async function readLive(executor: Executor): Promise<Live | undefined> {
  const [row] = await executor
    .select({ version, rollout })
    .from(rollout)
    .innerJoin(version, eq(version.number, rollout.version))
    .orderBy(desc(rollout.id))
    .limit(1);
  return row;
}

/** Names by version, of those that are asked for. */
export async function readTags(
  executor: Executor,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  if (numbers.length === 0) return new Map();
  const rows = await executor
    .select({ name: versionTag.name, version: versionTag.version })
    .from(versionTag)
    .where(inArray(versionTag.version, [...numbers]))
    .orderBy(versionTag.name);
  return new Map(
    [...Map.groupBy(rows, (row) => row.version)].map(([number, tags]) => [
      number,
      tags.map(({ name }) => name),
    ]),
  );
}

export async function readVersion(executor: Executor, number: number): Promise<VersionRow | undefined> {
  const [row] = await executor.select().from(version).where(eq(version.number, number));
  return row;
}

export function toVersion(row: VersionRow, live: number | undefined, tags: readonly string[] = []): Version {
  return {
    number: row.number,
    hash: row.hash,
    parent: row.parent ?? undefined,
    message: row.message,
    author: row.author,
    createdAt: row.createdAt,
    live: row.number === live,
    resourceCount: row.resourceCount,
    tags,
  };
}

export function toRollout(row: RolloutRow): Rollout {
  return { id: row.id, version: row.version, kind: row.kind, author: row.author, createdAt: row.createdAt };
}
