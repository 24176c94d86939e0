import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { ConfigError, type ResourceKind } from "../contract.ts";
import { refreshAnalyses } from "../draft/draft-rows.ts";
import { blob, draftResource } from "../schema/index.ts";
import { readLive } from "../version/read-live.ts";
import { requireVersion } from "../version/require-version.ts";
import { versionEntries } from "../version/version-entries.ts";
import type { ExplainInput, RequestExplanation } from "./explanation.ts";

/** One side of the model to explain from: the draft or a version. Secrets are tokens. */
export interface ExplainSource {
  readonly shown: RequestExplanation["source"];
  /** By name, sorted; all of them, or those of `names` that there are. `undefined`: it is there, but does not parse. */
  read<D extends DescMessage>(
    schema: D,
    kind: ResourceKind,
    names?: readonly string[],
  ): Promise<ReadonlyMap<string, MessageShape<D> | undefined>>;
}

/** `not_found`: no such version, or nothing was published yet. */
export async function openSource(db: Executor, source: ExplainInput["source"]): Promise<ExplainSource> {
  if (source === "draft") {
    await refreshAnalyses(db);
    return new DraftSource(db);
  }
  const row = source === "live" ? (await readLive(db))?.version : await requireVersion(db, source);
  if (row === undefined) throw new ConfigError("not_found", "nothing was published yet");
  return new VersionSource(db, row.number, row.kinds);
}

class DraftSource implements ExplainSource {
  readonly shown = { kind: "draft" } as const;
  private readonly db: Executor;

  constructor(db: Executor) {
    this.db = db;
  }

  async read<D extends DescMessage>(schema: D, kind: ResourceKind, names?: readonly string[]) {
    if (names?.length === 0) return new Map<string, MessageShape<D> | undefined>();
    const { name, message } = draftResource;
    const rows = await this.db
      .select({ name, message })
      .from(draftResource)
      .where(and(eq(draftResource.kind, kind), names === undefined ? undefined : inArray(name, [...names])));
    return decode(
      schema,
      rows.map((row) => [row.name, row.message ?? undefined]),
    );
  }
}

class VersionSource implements ExplainSource {
  readonly shown: { readonly kind: "version"; readonly number: number };
  private readonly db: Executor;
  private readonly kinds: Parameters<typeof versionEntries>[1];

  constructor(db: Executor, number: number, kinds: Parameters<typeof versionEntries>[1]) {
    this.shown = { kind: "version", number };
    this.db = db;
    this.kinds = kinds;
  }

  async read<D extends DescMessage>(schema: D, kind: ResourceKind, names?: readonly string[]) {
    const entries = (await versionEntries(this.db, this.kinds, [kind]))[kind];
    const wanted = [...entries.values()].filter(([name]) => names?.includes(name) ?? true);
    const hashes = JSON.stringify(wanted.map(([, hash]) => hash));
    const rows = await this.db
      .select({ hash: blob.hash, message: blob.message })
      .from(blob)
      .where(sql`${blob.hash} in (select json_array_elements_text(${hashes}::text::json))`);
    const messages = new Map(rows.map(({ hash, message }) => [hash, message]));
    return decode(
      schema,
      wanted.map(([name, hash]) => [name, messages.get(hash)]),
    );
  }
}

function decode<D extends DescMessage>(
  schema: D,
  rows: readonly (readonly [string, Uint8Array | undefined])[],
): ReadonlyMap<string, MessageShape<D> | undefined> {
  return new Map(
    rows
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, bytes]) => [name, bytes === undefined ? undefined : fromBinary(schema, bytes)]),
  );
}
