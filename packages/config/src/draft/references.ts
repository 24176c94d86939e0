import type { Context, Reference, ResourceRef } from "../contract.ts";

export interface ReferencesInput {
  /** Only those that stand in this resource; default all of the draft. */
  readonly from?: ResourceRef;
}

/** Who refers to whom in the draft, dangling ones too. */
export async function references(
  context: Context,
  input: ReferencesInput = {},
): Promise<readonly Reference[]> {
  throw new Error("being built");
}
