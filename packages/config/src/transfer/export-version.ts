import { authorizeRead } from "../access/authorize.ts";
import { byKind } from "../by-kind.ts";
import { ConfigError, type Context, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { readLive } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { versionEntries } from "../version/version-entries.ts";
import { buildBootstrap } from "./build-bootstrap.ts";

export interface Exported {
  /** A bootstrap that a stock Envoy loads: everything static, RDS and EDS written in place, secrets redacted. */
  readonly yaml: string;
  /** What the file cannot say, or needs before it loads. */
  readonly warnings: readonly string[];
}

/** A version as a stock Envoy's bootstrap; default: the live one. `not_found`. */
export async function exportVersion(context: Context, number?: number): Promise<Exported> {
  await authorizeRead(context, "version.export");
  const { db } = context;
  const row = number === undefined ? (await readLive(db))?.version : await requireVersion(db, number);
  if (row === undefined) throw new ConfigError("not_found", "nothing was published yet");
  const entries = await versionEntries(db, row.kinds);
  const blobs = await readBlobs(
    db,
    RESOURCE_KINDS.flatMap((kind) => [...entries[kind].values()].map(([, hash]) => hash)),
  );
  const of = (kind: ResourceKind) =>
    new Map([...entries[kind].values()].map(([name, hash]) => [name, blobs.get(hash)?.json]));
  return buildBootstrap(byKind(of));
}
