import type { Context, Rollout, Version } from "../contract.ts";

export interface PublishInput {
  readonly message: string;
  /** `hash` of `diffDraft`, `checkDraft` or `draftStatus`; omit to publish whatever the draft is. */
  readonly expectedDraftHash?: string | undefined;
}

export interface Published {
  readonly version: Version;
  readonly rollout: Rollout;
}

/** Freezes the draft into an immutable version and makes it the nodes' target. Editor. One transaction.
 * `conflict` when somebody published, rolled back or edited since `expectedDraftHash` was read (details: ConflictDetails),
 * `invalid` when the draft has errors (InvalidDetails), `nothing_to_publish`. */
export async function publish(context: Context, input: PublishInput): Promise<Published> {
  throw new Error("being built");
}
