import { authorizeRead } from "../access/authorize.ts";
import { type Context, type DraftStatus, RESOURCE_KINDS } from "../contract.ts";
import { changeOf } from "./draft-rows.ts";
import { draftProblems, readDraft } from "./read-draft.ts";
/** Counts and the draft's hash; cheap enough to ask after every change. */
export async function draftStatus(context: Context): Promise<DraftStatus> {
  await authorizeRead(context, "draft.status");
  const draft = await readDraft(context.db, context.now);
  const { rows, live, liveEntries } = draft;
  const changes = rows.map((row) => changeOf(row.hash, liveEntries[row.kind].get(row.name)?.[1]));
  const present = new Set(rows.map(({ kind, name }) => `${kind}/${name}`));
  const removed = RESOURCE_KINDS.flatMap((kind) =>
    [...liveEntries[kind].keys()].filter((name) => !present.has(`${kind}/${name}`)),
  );
  const problems = draftProblems(draft);
  const errors = problems.filter(({ problem }) => problem.severity === "error").length;
  return {
    hash: draft.hash,
    liveVersion: live?.version.number,
    resourceCount: rows.length,
    added: changes.filter((change) => change === "added").length,
    modified: changes.filter((change) => change === "modified").length,
    removed: removed.length,
    errors,
    warnings: problems.length - errors,
  };
}
