import type { Context, ResourceProblem } from "../contract.ts";

/** Every problem of the whole draft, by kind and name. Errors block publishing. */
export async function checkDraft(
  context: Context,
): Promise<{ readonly hash: string; readonly problems: readonly ResourceProblem[] }> {
  throw new Error("being built");
}
