import type { Context } from "../contract.ts";

export interface ResetDraftInput {
  /** Default: what is live. Any version may be loaded into the draft. */
  readonly toVersion?: number | undefined;
}

/** Makes the whole draft equal to a version. Editor. `changed`: how many resources were added, changed or removed by it. */
export async function resetDraft(
  context: Context,
  input: ResetDraftInput = {},
): Promise<{ readonly changed: number }> {
  throw new Error("being built");
}
