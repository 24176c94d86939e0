import type { Executor } from "../access/executor.ts";
import type { ResourceKind } from "../contract.ts";
import { type Live, NO_KINDS } from "../version/read-live.ts";
import { type KindEntries, versionEntries } from "../version/version-entries.ts";

/** Names and blob hashes of what is live; all empty before the first publish. */
export async function liveHashes(
  executor: Executor,
  live: Live | undefined,
): Promise<Readonly<Record<ResourceKind, KindEntries>>> {
  return await versionEntries(executor, live?.version.kinds ?? NO_KINDS);
}
