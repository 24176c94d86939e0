import type { Context, ResourceKind, VersionResource } from "../contract.ts";

/** A version's resources by kind and name, secrets redacted. `not_found`. */
export async function versionResources(
  context: Context,
  number: number,
  kind?: ResourceKind,
): Promise<readonly VersionResource[]> {
  throw new Error("being built");
}
