import type { Context, Rollout, Version } from "../contract.ts";

/** What nodes are told to run; undefined before the first publish. */
export async function liveVersion(
  context: Context,
): Promise<{ readonly version: Version; readonly rollout: Rollout } | undefined> {
  throw new Error("being built");
}
