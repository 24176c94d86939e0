import type { Context, Rollout, Version } from "../contract.ts";
import { readLive, toRollout, toVersion } from "./read-live.ts";

/** What nodes are told to run; undefined before the first publish. */
export async function liveVersion(
  context: Context,
): Promise<{ readonly version: Version; readonly rollout: Rollout } | undefined> {
  const live = await readLive(context.db);
  if (live === undefined) return undefined;
  return { version: toVersion(live.version, live.version.number), rollout: toRollout(live.rollout) };
}
