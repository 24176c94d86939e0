import { authorizeRead } from "../access/authorize.ts";
import type { Context, ResourceProblem } from "../contract.ts";
import { draftProblems, readDraft } from "./read-draft.ts";
/** Every problem of the whole draft, by kind and name. Errors block publishing. */
export async function checkDraft(
  context: Context,
): Promise<{ readonly hash: string; readonly problems: readonly ResourceProblem[] }> {
  await authorizeRead(context, "draft.check");
  const draft = await readDraft(context.db, context.now);
  return { hash: draft.hash, problems: draftProblems(draft) };
}
