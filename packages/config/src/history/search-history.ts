import { and, desc, eq, ilike, lt, type SQL } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context, ResourceKind } from "../contract.ts";
import { resourceChange, version } from "../schema/index.ts";
import { escapeLike } from "../text/escape-like.ts";
import type { ResourceChange } from "./history.ts";
import { indexHistory } from "./index-history.ts";

export interface SearchHistoryInput {
  /** Case-insensitive: each word must stand in the resource's name, a changed field's path, or its value before or after. */
  readonly text?: string | undefined;
  readonly kind?: ResourceKind | undefined;
  /** Exact; with `kind` the history of one resource. */
  readonly name?: string | undefined;
  readonly author?: string | undefined;
  /** `next` of the page before. */
  readonly before?: number | undefined;
  /** Versions a page ends behind; default 50, at most 500. A page is a little longer: a version is never cut in two. */
  readonly limit?: number | undefined;
}

/** Changes of one version that an answer shows; its own page has them all. */
const PER_VERSION_MAX = 200;

/** What versions changed, newest first. "Who changed this timeout?": `{ text: "timeout", kind: "routes", name: "shop" }`. */
export async function searchHistory(
  context: Context,
  input: SearchHistoryInput,
): Promise<{ readonly changes: readonly ResourceChange[]; readonly next: number | undefined }> {
  await authorizeRead(context, "history.search");
  const { db } = context;
  await indexHistory(db);
  const limit = Math.min(input.limit ?? 50, 500);
  const words = (input.text ?? "").split(/\s+/).filter((word) => word !== "");
  const conditions: (SQL | undefined)[] = [
    input.kind && eq(resourceChange.kind, input.kind),
    input.name === undefined ? undefined : eq(resourceChange.name, input.name),
    input.author === undefined ? undefined : eq(version.author, input.author),
    input.before === undefined ? undefined : lt(resourceChange.version, input.before),
    ...words.map((word) => ilike(resourceChange.words, `%${escapeLike(word)}%`)),
  ];
  const rows = await db
    .select({
      change: resourceChange,
      author: version.author,
      createdAt: version.createdAt,
      message: version.message,
    })
    .from(resourceChange)
    .innerJoin(version, eq(version.number, resourceChange.version))
    .where(and(...conditions))
    .orderBy(desc(resourceChange.version), resourceChange.kind, resourceChange.name)
    .limit(limit + PER_VERSION_MAX);
  const full = rows.length === limit + PER_VERSION_MAX;
  const last = rows[Math.min(limit, rows.length) - 1]?.change.version;
  const shown = rows.filter(({ change }, index) => index < limit || change.version === last);
  const more = full || shown.length < rows.length;
  return {
    changes: shown.map(({ change, ...origin }) => ({
      kind: change.kind,
      name: change.name,
      change: change.change,
      fields: matching(change.fields, words),
      version: change.version,
      ...origin,
    })),
    next: more ? last : undefined,
  };
}

/** The fields that the words speak of; all where they speak of the resource itself. */
function matching(fields: ResourceChange["fields"], words: readonly string[]): ResourceChange["fields"] {
  const found = fields.filter(({ path, before, after }) => {
    const text = `${path} ${JSON.stringify(before)} ${JSON.stringify(after)}`.toLowerCase();
    return words.some((word) => text.includes(word.toLowerCase()));
  });
  return words.length === 0 || found.length === 0 ? fields : found;
}
