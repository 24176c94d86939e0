import type { Context, DraftResource, ResourceKind } from "../contract.ts";

export interface ListResourcesInput {
  readonly kind?: ResourceKind;
  /** Case-insensitive substring of the name or the text (secrets: of the name only). */
  readonly search?: string;
  readonly change?: DraftResource["change"];
  /** Only those with problems. */
  readonly withProblems?: boolean;
  readonly offset?: number;
  /** Default 100, at most 1,000. */
  readonly limit?: number;
}

/** The draft's resources by kind (in order of RESOURCE_KINDS) and name. `total` counts all that match. */
export async function listResources(
  context: Context,
  input: ListResourcesInput = {},
): Promise<{ readonly resources: readonly DraftResource[]; readonly total: number }> {
  throw new Error("being built");
}
