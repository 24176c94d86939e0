import type { Database } from "@sluice/database";
import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { type ChallengeContent, challengeContent, challengeMaterial } from "../acme/challenge-content.ts";
import { managedMaterial } from "../acme/managed-material.ts";
import { sha256 } from "../analysis/content-hash.ts";
import { byKind } from "../by-kind.ts";
import { type Context, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { blob, type VersionKind } from "../schema/index.ts";
import { openSecrets } from "../secret/open-secrets.ts";
import { requireVersion } from "../version/require-version.ts";
import { type KindEntries, versionEntries } from "../version/version-entries.ts";

export interface ContentResource {
  readonly name: string;
  /** SHA-256 of the encoded message, hex. */
  readonly hash: string;
  /** The encoded message (of `KIND_TYPES[kind]`); secrets in plain when `keys` were given, else tokens. */
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
  /** What its nodes answer ACME authorities with. Changes without the version. */
  readonly challenges: ChallengeContent;
  /** Each kind is present; one that equals `previous`' is that very object. */
  readonly kinds: Readonly<Record<ResourceKind, KindContent>>;
}

/** What the nodes get, for the control plane's snapshot. With `previous`, only resources that it does not have are read,
 * and equal parts are shared by identity. `not_found`. Takes no role: never hand its result to a user. */
export async function loadVersionContent(
  context: Pick<Context, "sql" | "ring">,
  number: number,
  previous?: VersionContent,
): Promise<VersionContent> {
  const db = databaseOver(context.sql);
  const row = await requireVersion(db, number);
  const { automatic = [] } = row.kinds.secrets;
  const challenges = await challengeContent(db, automatic);
  const own = context.ring === undefined ? [] : await managedMaterial(db, context.ring, automatic);
  const material = [...own, ...(await challengeMaterial(context, challenges))];
  const managed = material.map(({ hash }) => hash);
  const hashes = (kind: ResourceKind) => hashOf(row.kinds[kind], kind === "secrets" ? managed : []);
  const differing = RESOURCE_KINDS.filter((kind) => previous?.kinds[kind].hash !== hashes(kind));
  const entries = withoutIdle(await versionEntries(db, row.kinds, differing), row.kinds.secrets.referred);
  const missing = differing.flatMap((kind) =>
    [...entries[kind].values()]
      .filter(([name, , hash]) => previous?.kinds[kind].resources.get(name)?.hash !== hash)
      .map(([, blobHash]) => blobHash),
  );
  const messages = await readMessages(db, context.ring, missing);
  const content = (kind: ResourceKind): KindContent => {
    const before = previous?.kinds[kind];
    const hash = hashes(kind);
    if (before !== undefined && before.hash === hash) return before;
    const stored = resourcesOf(entries[kind], before, messages);
    if (kind !== "secrets" || material.length === 0) return { hash, resources: stored };
    return { hash, resources: new Map([...stored, ...material.map((each) => [each.name, each] as const)]) };
  };
  return {
    number,
    hash: row.hash,
    challenges,
    kinds: byKind(content),
  };
}

/** Nodes that get the same secrets by name may be told of others by what refers to them. */
function hashOf({ contentHash, referred }: VersionKind, managed: readonly string[]): string {
  if (referred === undefined && managed.length === 0) return contentHash;
  return sha256(JSON.stringify([contentHash, referred, managed]));
}

/** Without secrets that nothing in the version refers to: no node of it may have them, so nobody opens them. */
function withoutIdle(
  entries: Readonly<Record<ResourceKind, KindEntries>>,
  referred: readonly string[] | undefined,
): Readonly<Record<ResourceKind, KindEntries>> {
  if (referred === undefined) return entries;
  const names = new Set(referred);
  return { ...entries, secrets: new Map([...entries.secrets].filter(([name]) => names.has(name))) };
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
  keys: KeyRing | undefined,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (hashes.length === 0) return new Map();
  // Only what holds tokens is read as JSON too.
  const json = sql<unknown>`case when position('sealed/' in ${blob.yaml}) > 0 then ${blob.json} end`;
  const rows = await db
    .select({ hash: blob.hash, kind: blob.kind, message: blob.message, json })
    .from(blob)
    .where(sql`${blob.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json))`);
  const opened = keys === undefined ? rows.map(({ message }) => message) : await openSecrets(db, keys, rows);
  return new Map(rows.map(({ hash, message }, index) => [hash, opened[index] ?? message]));
}
