import { authorizeRead } from "../access/authorize.ts";
import type { Context, ResourceDiff } from "../contract.ts";
import { diffResource } from "./diff-resource.ts";
import { readBlobs } from "./read-blobs.ts";
import { requireVersion } from "./require-version.ts";
import { changedEntries } from "./version-entries.ts";

/** What changed from `before` to `after`, by kind and name; loads only what differs. `not_found`. */
export async function diffVersions(
  context: Context,
  before: number,
  after: number,
): Promise<readonly ResourceDiff[]> {
  await authorizeRead(context, "version.diff");
  const { db } = context;
  const [left, right] = await Promise.all([requireVersion(db, before), requireVersion(db, after)]);
  const changes = await changedEntries(db, left.kinds, right.kinds);
  const hashes = changes.flatMap((change) => [change.before?.[1] ?? [], change.after?.[1] ?? []].flat());
  const blobs = await readBlobs(db, hashes);
  return changes.map((change) =>
    diffResource(change, blobs.get(change.before?.[1] ?? ""), blobs.get(change.after?.[1] ?? "")),
  );
}
