import { sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import { type Context, type DraftDiff, RESOURCE_KINDS, type ResourceRef } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { type DiffSide, diffResource } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { byKindAndName } from "../version/version-entries.ts";
import { draftProblems, readDraft } from "./read-draft.ts";
/** What publishing would change: the draft against what is live, with the problems that are in the way. */
export async function diffDraft(context: Context): Promise<DraftDiff> {
  await authorizeRead(context, "draft.diff");
  const { db } = context;
  return await db.transaction(
    async (tx) => {
      const draft = await readDraft(tx, context.now);
      const { liveEntries } = draft;
      const present = new Set(draft.rows.map(({ kind, name }) => `${kind}/${name}`));
      const changed = draft.rows.filter((row) => liveEntries[row.kind].get(row.name)?.[1] !== row.hash);
      const removed: ResourceRef[] = RESOURCE_KINDS.flatMap((kind) =>
        [...liveEntries[kind].keys()].flatMap((name) =>
          present.has(`${kind}/${name}`) ? [] : [{ kind, name }],
        ),
      );
      const refs = [...changed, ...removed].toSorted(byKindAndName);
      const before = await readBlobs(
        tx,
        refs.flatMap(({ kind, name }) => liveEntries[kind].get(name)?.[1] ?? []),
      );
      const after = await readTexts(
        tx,
        changed.map(({ hash }) => hash),
      );
      const hashOf = new Map(changed.map((row) => [`${row.kind}/${row.name}`, row.hash]));
      return {
        hash: draft.hash,
        liveVersion: draft.live?.version.number,
        resources: refs.map(({ kind, name }) =>
          diffResource(
            { kind, name },
            before.get(liveEntries[kind].get(name)?.[1] ?? ""),
            after.get(hashOf.get(`${kind}/${name}`) ?? ""),
          ),
        ),
        problems: draftProblems(draft),
        routeTestsChanged: draft.testsChanged,
      };
    },
    { isolationLevel: "repeatable read" },
  );
}

async function readTexts(
  executor: Executor,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, DiffSide>> {
  if (hashes.length === 0) return new Map();
  const rows = await executor
    .select({ hash: draftResource.hash, yaml: draftResource.yaml, json: draftResource.json })
    .from(draftResource)
    .where(
      sql`${draftResource.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`,
    );
  return new Map(rows.map((row) => [row.hash, row]));
}
