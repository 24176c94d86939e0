import type { Database } from "@sluice/database";
import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { type Context, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import { blob } from "../schema/index.ts";
import { requireVersion } from "../version/require-version.ts";
import { type KindEntries, versionEntries } from "../version/version-entries.ts";

export interface ContentResource {
  readonly name: string;
  /** SHA-256 of the encoded message, hex. */
  readonly hash: string;
  /** The encoded message (of `KIND_TYPES[kind]`), secrets in plain. */
  readonly value: Uint8Array;
}

export interface KindContent {
  /** SHA-256 over names and hashes: equal exactly when the resources are. */
  readonly hash: string;
  readonly resources: ReadonlyMap<string, ContentResource>;
}

export interface VersionContent {
  readonly number: number;
  /** `Version.hash`. */
  readonly hash: string;
  /** Each kind is present; one that equals `previous`' is that very object. */
  readonly kinds: Readonly<Record<ResourceKind, KindContent>>;
}

/** What the nodes get, for the control plane's snapshot. With `previous`, only resources that it does not have are read,
 * and equal parts are shared by identity. `not_found`. Takes no role: never hand its result to a user. */
export async function loadVersionContent(
  context: Pick<Context, "sql">,
  number: number,
  previous?: VersionContent,
): Promise<VersionContent> {
  const db = databaseOver(context.sql);
  const row = await requireVersion(db, number);
  const differing = RESOURCE_KINDS.filter(
    (kind) => previous?.kinds[kind].hash !== row.kinds[kind].contentHash,
  );
  const entries = await versionEntries(db, row.kinds, differing);
  const missing = differing.flatMap((kind) =>
    [...entries[kind].values()]
      .filter(([name, , hash]) => previous?.kinds[kind].resources.get(name)?.hash !== hash)
      .map(([, blobHash]) => blobHash),
  );
  const messages = await readMessages(db, missing);
  const content = (kind: ResourceKind): KindContent => {
    const before = previous?.kinds[kind];
    const { contentHash } = row.kinds[kind];
    if (before !== undefined && before.hash === contentHash) return before;
    return { hash: contentHash, resources: resourcesOf(entries[kind], before, messages) };
  };
  return {
    number,
    hash: row.hash,
    kinds: {
      listeners: content("listeners"),
      routes: content("routes"),
      clusters: content("clusters"),
      endpoints: content("endpoints"),
      secrets: content("secrets"),
    },
  };
}

function resourcesOf(
  entries: KindEntries,
  before: KindContent | undefined,
  messages: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, ContentResource> {
  const resources = new Map<string, ContentResource>();
  for (const [name, blobHash, hash] of entries.values()) {
    const known = before?.resources.get(name);
    const value = messages.get(blobHash);
    if (known?.hash === hash) resources.set(name, known);
    else if (value !== undefined) resources.set(name, { name, hash, value });
    else throw new Error(`the database lacks ${blobHash}, which a version refers to`);
  }
  return resources;
}

async function readMessages(
  db: Database,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .select({ hash: blob.hash, message: blob.message })
    .from(blob)
    .where(sql`${blob.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
  return new Map(rows.map(({ hash, message }) => [hash, message]));
}
