import type { Context, ResourceDiff } from "../contract.ts";

/** What changed from `before` to `after`, by kind and name; loads only what differs. `not_found`. */
export async function diffVersions(
  context: Context,
  before: number,
  after: number,
): Promise<readonly ResourceDiff[]> {
  throw new Error("being built");
}
