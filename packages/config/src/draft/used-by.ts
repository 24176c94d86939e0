import type { Context, Reference, ResourceRef } from "../contract.ts";

/** The references to one resource, from anywhere in the draft. */
export async function usedBy(context: Context, to: ResourceRef): Promise<readonly Reference[]> {
  throw new Error("being built");
}
