import { authorizeRead } from "../access/authorize.ts";
import type { Context, Rollout, Version } from "../contract.ts";
import { readLive, readTags, toRollout, toVersion } from "./read-live.ts";

/** What nodes are told to run; undefined before the first publish. */
export async function liveVersion(
  context: Context,
): Promise<{ readonly version: Version; readonly rollout: Rollout } | undefined> {
  await authorizeRead(context, "version.live");
  const live = await readLive(context.db);
  if (live === undefined) return undefined;
  const { number } = live.version;
  const tags = await readTags(context.db, [number]);
  return { version: toVersion(live.version, number, tags.get(number)), rollout: toRollout(live.rollout) };
}
