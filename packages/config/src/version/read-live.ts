import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { DEFAULT_GROUP, type Rollout, type Version } from "../contract.ts";
import { selectHeads } from "../rollout/read-heads.ts";
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

/**
 * What the default group goes to: the version of the rollout under way in it, unless that goes back, else the version it
 * follows; with the newest rollout that brought it. While the default group has nothing, another group's.
 */
export async function readLive(executor: Executor): Promise<Live | undefined> {
  const heads = selectHeads(executor);
  const [row] = await executor
    .select({ version, rollout })
    .from(heads)
    .innerJoin(rollout, sql`${rollout.group} = ${heads.group} and ${rollout.version} = ${heads.head}`)
    .innerJoin(version, eq(version.number, rollout.version))
    .orderBy(sql`${heads.group} = ${DEFAULT_GROUP} desc, ${rollout.id} desc`)
    .limit(1);
  return row;
}

/** The newest rollout that took `version` to a group. */
export async function newestRolloutOf(
  executor: Executor,
  group: string,
  number: number,
): Promise<RolloutRow | undefined> {
  const [row] = await executor
    .select()
    .from(rollout)
    .where(and(eq(rollout.group, group), eq(rollout.version, number)))
    .orderBy(desc(rollout.id))
    .limit(1);
  return row;
}

/** The newest rollout of all. */
export async function newestRollout(executor: Executor): Promise<RolloutRow | undefined> {
  const [row] = await executor.select().from(rollout).orderBy(desc(rollout.id)).limit(1);
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
  return {
    id: row.id,
    group: row.group,
    version: row.version,
    previous: row.previous ?? undefined,
    kind: row.kind,
    strategy: row.strategy,
    author: row.author,
    createdAt: row.createdAt,
  };
}
