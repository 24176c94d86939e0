import { setImmediate } from "node:timers/promises";
import { asc, gt, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../access/executor.ts";
import { type FieldDiff, RESOURCE_KINDS } from "../contract.ts";
import { historyIndex, type resourceChange, version } from "../schema/index.ts";
import { changedFields, type DiffSide } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { NO_KINDS, readVersion } from "../version/read-live.ts";
import { readBuckets, readTrees } from "../version/read-trees.ts";
import { changedEntries, type EntryChange, type VersionKinds } from "../version/version-entries.ts";
import type { FieldBlame } from "./field-blame.ts";
import { carryOn } from "./stored-blame.ts";

/** Fields of one change that are kept for search; what a version really changed is always in the versions. */
const FIELDS_MAX = 200;
const VALUE_LENGTH_MAX = 500;
/** Blames that a publish carries on at once; those of larger changes are made when somebody asks. */
const CARRIED_MAX = 100;
const VERSIONS_AT_ONCE = 200;
/** Compared before others have a turn; each takes up to a few milliseconds. */
const CHANGES_IN_A_ROW = 16;

type ChangeRow = typeof resourceChange.$inferInsert;

/**
 * Makes `resource_change` complete up to the newest version. An appliance that comes from an older release has it made for all its
 * versions when the control plane starts, or when history is first asked for: so many versions at a time, so that nobody who
 * publishes meanwhile waits for more than those.
 */
export async function indexHistory(executor: Executor): Promise<void> {
  for (;;) {
    const [state] = await executor.select().from(historyIndex);
    const [newer] = await executor
      .select({ number: version.number })
      .from(version)
      .where(gt(version.number, state?.version ?? 0))
      .limit(1);
    if (newer === undefined) return;
    await executor.transaction(catchUp);
  }
}

/** The same for a publish, within its transaction: what is more than a few versions behind is left to the others. */
export async function indexPublished(tx: Transaction, number: number): Promise<void> {
  const [state] = await tx.select().from(historyIndex);
  if (number - (state?.version ?? 0) <= VERSIONS_AT_ONCE) await catchUp(tx);
}

/** Takes up to VERSIONS_AT_ONCE versions in. */
async function catchUp(tx: Transaction): Promise<void> {
  await tx.insert(historyIndex).values({ id: true, version: 0 }).onConflictDoNothing();
  const [state] = await tx.select().from(historyIndex).for("update");
  let done = state?.version ?? 0;
  let before: VersionKinds = (await readVersion(tx, done))?.kinds ?? NO_KINDS;
  const next = await tx
    .select({ number: version.number, kinds: version.kinds })
    .from(version)
    .where(gt(version.number, done))
    .orderBy(asc(version.number))
    .limit(VERSIONS_AT_ONCE);
  // Read at once what the comparisons below would ask for one by one; they find it remembered.
  const trees = await readTrees(tx, [before, ...next.map((row) => row.kinds)].flatMap(treesOf));
  await readBuckets(tx, [...new Set([...trees.values()].flat())]);
  const changed: Changed[] = [];
  for (const { number, kinds } of next) {
    for (const entry of await changedEntries(tx, before, kinds)) changed.push({ ...entry, number });
    before = kinds;
    done = number;
  }
  await writeChanges(tx, changed, next.length === 1);
  await tx.update(historyIndex).set({ version: done });
}

type Changed = EntryChange & { readonly number: number };

function treesOf(kinds: VersionKinds): readonly string[] {
  return RESOURCE_KINDS.map((kind) => kinds[kind].tree);
}

/** `carry`: of a single version; many at once have their blames made when somebody asks. */
async function writeChanges(tx: Transaction, changes: readonly Changed[], carry: boolean): Promise<void> {
  if (changes.length === 0) return;
  const modified = changes.filter(({ before, after }) => before !== undefined && after !== undefined);
  const hashes = modified.flatMap(({ before, after }) => [before?.[1] ?? "", after?.[1] ?? ""]);
  const blobs = await readBlobs(tx, [...new Set(hashes)]);
  const carried =
    carry && modified.length <= CARRIED_MAX
      ? await carryOn(tx, changes[0]?.number ?? 0, modified, blobs)
      : undefined;
  const rows: ChangeRow[] = [];
  for (const change of changes) {
    rows.push(rowOf(change, blobs, carried));
    // Whoever indexes serves others too.
    if (rows.length % CHANGES_IN_A_ROW === 0) await setImmediate();
  }
  // As one parameter: thousands of rows would be more parameters than a statement may have.
  await tx.execute(sql`
    insert into config.resource_change (kind, name, version, change, hash, fields, words, blame)
    select kind, name, version, change, hash, fields, words, blame from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(kind text, name text, version int, change text, hash text, fields jsonb, words text, blame jsonb)`);
}

function rowOf(
  { kind, name, before, after, number }: Changed,
  blobs: ReadonlyMap<string, DiffSide>,
  carried: ReadonlyMap<string, FieldBlame> | undefined,
): ChangeRow {
  const row = { kind, name, version: number, hash: after?.[1] ?? null };
  if (before === undefined)
    return { ...row, change: "added", fields: [], words: `${kind}/${name}`, blame: { version: number } };
  if (after === undefined)
    return { ...row, change: "removed", fields: [], words: `${kind}/${name}`, blame: null };
  const kept = changedFields(blobs.get(before[1]), blobs.get(after[1])).slice(0, FIELDS_MAX).map(shortened);
  const words = [`${kind}/${name}`, ...kept.map(lineOf)].join("\n");
  return { ...row, change: "modified", fields: kept, words, blame: carried?.get(`${kind}/${name}`) ?? null };
}

function shortened({ path, before, after }: FieldDiff): FieldDiff {
  return { path, before: cut(before), after: cut(after) };
}

function cut(value: unknown): unknown {
  const text = JSON.stringify(value) ?? "";
  return text.length <= VALUE_LENGTH_MAX ? value : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}

function lineOf({ path, before, after }: FieldDiff): string {
  const show = (value: unknown) =>
    value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return `${path}: ${show(before)} → ${show(after)}`;
}
