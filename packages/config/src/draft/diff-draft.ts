import { sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import type { Context, DraftDiff, ResourceDiff } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { type DiffSide, diffResource } from "../version/diff-resource.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { type DraftChange, draftChanges } from "./draft-changes.ts";
import { draftProblems, readDraft } from "./read-draft.ts";

export interface DiffDraftInput {
  /** So many resources at most, and so many problems, errors first; default: all. `counts` is of all. */
  readonly limit?: number | undefined;
}

/** What publishing would change: the draft against what is live, with the problems that are in the way. */
export async function diffDraft(context: Context, { limit }: DiffDraftInput = {}): Promise<DraftDiff> {
  await authorizeRead(context, "draft.diff");
  const { db } = context;
  return await db.transaction(
    async (tx) => {
      const draft = await readDraft(tx, context.now);
      const changes = draftChanges(draft);
      const count = (change: ResourceDiff["change"]) =>
        changes.filter((each) => each.change === change).length;
      const problems = draftProblems(draft);
      const errors = problems.filter(({ problem }) => problem.severity === "error");
      const warnings = problems.filter(({ problem }) => problem.severity !== "error");
      return {
        hash: draft.hash,
        liveVersion: draft.live?.version.number,
        resources: await diffChanges(tx, changes.slice(0, limit)),
        problems: limit === undefined ? problems : [...errors, ...warnings].slice(0, limit),
        counts: {
          added: count("added"),
          modified: count("modified"),
          removed: count("removed"),
          errors: errors.length,
          warnings: warnings.length,
        },
        routeTestsChanged: draft.testsChanged,
      };
    },
    { isolationLevel: "repeatable read" },
  );
}

async function diffChanges(
  executor: Executor,
  changes: readonly DraftChange[],
): Promise<readonly ResourceDiff[]> {
  const { before, after } = await readSides(executor, changes);
  return changes.map((change) => diffResource(change, before.get(change.before), after.get(change.after)));
}

/** The texts of both sides, by hash. */
export async function readSides(
  executor: Executor,
  changes: readonly DraftChange[],
): Promise<{
  readonly before: ReadonlyMap<string, DiffSide>;
  readonly after: ReadonlyMap<string, DiffSide>;
}> {
  const hashes = (side: "before" | "after") =>
    changes.map((change) => change[side]).filter((hash) => hash !== "");
  return {
    before: await readBlobs(executor, hashes("before")),
    after: await readTexts(executor, hashes("after")),
  };
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
