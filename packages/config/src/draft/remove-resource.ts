import type { Context, ResourceRef } from "../contract.ts";

export interface RemoveResourceInput extends ResourceRef {
  /** Omit to remove whatever is there. */
  readonly expectedRevision?: number | undefined;
}

/** Takes a resource out of the draft; it stays live until the next publish. References to it become problems of those that
 * refer. Editor. `not_found`, `conflict`. */
export async function removeResource(context: Context, input: RemoveResourceInput): Promise<void> {
  throw new Error("being built");
}
