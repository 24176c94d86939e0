import { and, asc, eq, lt, lte, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { ResourceRef } from "../contract.ts";
import { resourceChange } from "../schema/index.ts";
import type { DiffSide } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import type { EntryChange } from "../version/version-entries.ts";
import { carryBlame, type FieldBlame } from "./field-blame.ts";

const CHANGES_AT_ONCE = 200;

/** The blames of resources that version `number` changed, from those of the change before; none where that has none yet. */
export async function carryOn(
  executor: Executor,
  number: number,
  changes: readonly EntryChange[],
  blobs: ReadonlyMap<string, DiffSide>,
): Promise<ReadonlyMap<string, FieldBlame>> {
  const found = new Map<string, FieldBlame>();
  for (const { kind, name, before, after } of changes) {
    const [last] = await executor
      .select({ blame: resourceChange.blame })
      .from(resourceChange)
      .where(and(isOf({ kind, name }), lt(resourceChange.version, number)))
      .orderBy(sql`${resourceChange.version} desc`)
      .limit(1);
    if (last?.blame == null) continue;
    const [left, right] = [blobs.get(before?.[1] ?? ""), blobs.get(after?.[1] ?? "")];
    found.set(`${kind}/${name}`, carryBlame(left?.json, right?.json, last.blame, number));
  }
  return found;
}

/**
 * The blame of a resource as `version` left it. What no publish has carried on is made from the last one that there is,
 * and kept: the next one to ask reads one row.
 */
export async function blameAt(
  executor: Executor,
  ref: ResourceRef,
  version: number,
): Promise<FieldBlame | undefined> {
  const [base] = await executor
    .select()
    .from(resourceChange)
    .where(and(isOf(ref), lte(resourceChange.version, version), sql`${resourceChange.blame} is not null`))
    .orderBy(sql`${resourceChange.version} desc`)
    .limit(1);
  if (base?.blame == null) return undefined;
  let { blame, version: done, hash } = base as { blame: FieldBlame; version: number; hash: string | null };
  let json = (await readBlobs(executor, hash === null ? [] : [hash])).get(hash ?? "")?.json;
  for (;;) {
    const next = await executor
      .select({ version: resourceChange.version, hash: resourceChange.hash })
      .from(resourceChange)
      .where(and(isOf(ref), sql`${resourceChange.version} > ${done}`, lte(resourceChange.version, version)))
      .orderBy(asc(resourceChange.version))
      .limit(CHANGES_AT_ONCE);
    const blobs = await readBlobs(
      executor,
      next.flatMap((row) => row.hash ?? []),
    );
    for (const row of next) {
      const after = row.hash === null ? undefined : blobs.get(row.hash)?.json;
      blame = carryBlame(json, after, blame, row.version);
      json = after;
      done = row.version;
    }
    if (next.length > 0)
      await executor
        .update(resourceChange)
        .set({ blame })
        .where(and(isOf(ref), eq(resourceChange.version, done)));
    if (next.length < CHANGES_AT_ONCE) return blame;
  }
}

export function isOf({ kind, name }: ResourceRef) {
  return and(eq(resourceChange.kind, kind), eq(resourceChange.name, name));
}
