import { and, inArray, lte, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { shownJson } from "../analysis/analyze-text.ts";
import { ConfigError, type Context, type ResourceRef } from "../contract.ts";
import { resourceChange, version as versionTable } from "../schema/index.ts";
import { readBlobs } from "../version/read-blobs.ts";
import { requireVersion } from "../version/require-version.ts";
import { blamedLeaves } from "./field-blame.ts";
import type { BlamedField, Origin } from "./history.ts";
import { indexHistory } from "./index-history.ts";
import { blameAt, isOf } from "./stored-blame.ts";

export interface BlameInput extends ResourceRef {
  /** Default: the newest. */
  readonly version?: number | undefined;
  /** Only fields whose path contains it, in any case. */
  readonly path?: string | undefined;
}

/** A resource has at most so many blamed fields in one answer; narrow it with `path`. */
const BLAME_FIELDS_MAX = 5_000;

/**
 * Each field of a resource with the version that gave it its value, its author, time and message: "who changed this timeout?".
 * Fields that only moved (another route was put before theirs) keep their version. `not_found` when the version lacks it.
 */
export async function blameResource(
  context: Context,
  input: BlameInput,
): Promise<{ readonly fields: readonly BlamedField[]; readonly total: number }> {
  await authorizeRead(context, "history.blame");
  const { db } = context;
  if (input.version !== undefined) await requireVersion(db, input.version);
  await indexHistory(db);
  const upTo = input.version === undefined ? undefined : lte(resourceChange.version, input.version);
  const [last] = await db
    .select({ version: resourceChange.version, hash: resourceChange.hash })
    .from(resourceChange)
    .where(and(isOf(input), upTo))
    .orderBy(sql`${resourceChange.version} desc`)
    .limit(1);
  if (last?.hash == null) throw missing(input);
  const [blame, blobs] = await Promise.all([blameAt(db, input, last.version), readBlobs(db, [last.hash])]);
  const content = blobs.get(last.hash);
  if (blame === undefined || content === undefined) throw missing(input);
  const wanted = input.path?.toLowerCase() ?? "";
  const leaves = blamedLeaves(shownJson(content.json), blame).filter(({ path }) =>
    path.toLowerCase().includes(wanted),
  );
  const shown = leaves.slice(0, BLAME_FIELDS_MAX);
  const origins = await readOrigins(context, new Set(shown.map((leaf) => leaf.version)));
  return {
    fields: shown.flatMap(({ path, value, version }) => {
      const origin = origins.get(version);
      return origin === undefined ? [] : [{ path, value, ...origin }];
    }),
    total: leaves.length,
  };
}

async function readOrigins(
  context: Context,
  numbers: ReadonlySet<number>,
): Promise<ReadonlyMap<number, Origin>> {
  if (numbers.size === 0) return new Map();
  const { number, author, createdAt, message } = versionTable;
  const rows = await context.db
    .select({ version: number, author, createdAt, message })
    .from(versionTable)
    .where(inArray(number, [...numbers]));
  return new Map(rows.map((row) => [row.version, row]));
}

function missing({ kind, name, version }: BlameInput): ConfigError {
  return new ConfigError(
    "not_found",
    `${version === undefined ? "no version" : `version ${version}`} has ${kind} '${name}'`,
  );
}
