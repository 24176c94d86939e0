import type { Context, DraftResource, ResourceRef } from "../contract.ts";

/** One draft resource, secrets redacted. `not_found`. */
export async function getResource(context: Context, ref: ResourceRef): Promise<DraftResource> {
  throw new Error("being built");
}
