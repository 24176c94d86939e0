import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { type Analysis, RULES_REVISION } from "../analysis/analysis.ts";
import { type AnalyzedText, analyzeText, shownJson } from "../analysis/analyze-text.ts";
import { crossCheck, type Surroundings } from "../analysis/cross-check.ts";
import type { DraftResource, ResourceKind, ResourceRef } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { redactYaml } from "../text/redact.ts";

export type DraftRow = typeof draftResource.$inferSelect;

/** Everything of a row but its texts: the whole draft of thousands is read so. */
export interface LightRow {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly hash: string;
  readonly messageHash: string | null;
  readonly revision: number;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly analysis: Analysis;
}

const KIND_ORDER = sql`array_position(array['listeners','routes','clusters','endpoints','secrets'], ${draftResource.kind})`;

/** In order of kind and name (names by code point). */
export const DRAFT_ORDER: readonly SQL[] = [KIND_ORDER, sql`${draftResource.name} collate "C"`];

export function isResource(ref: ResourceRef): SQL | undefined {
  return and(eq(draftResource.kind, ref.kind), eq(draftResource.name, ref.name));
}

export async function readRow(executor: Executor, ref: ResourceRef): Promise<DraftRow | undefined> {
  await refreshAnalyses(executor);
  const [row] = await executor.select().from(draftResource).where(isResource(ref));
  return row;
}

export async function readLightRows(executor: Executor): Promise<readonly LightRow[]> {
  await refreshAnalyses(executor);
  return await executor
    .select({
      kind: draftResource.kind,
      name: draftResource.name,
      hash: draftResource.hash,
      messageHash: draftResource.messageHash,
      revision: draftResource.revision,
      updatedAt: draftResource.updatedAt,
      updatedBy: draftResource.updatedBy,
      analysis: draftResource.analysis,
    })
    .from(draftResource)
    .orderBy(...DRAFT_ORDER);
}

/** Judges texts anew that older rules judged: after an upgrade, once. */
export async function refreshAnalyses(executor: Executor): Promise<void> {
  const stale = await executor
    .select({ kind: draftResource.kind, name: draftResource.name, yaml: draftResource.yaml })
    .from(draftResource)
    .where(ne(draftResource.rules, RULES_REVISION));
  for (const row of stale) {
    await executor
      .update(draftResource)
      .set(analyzedColumns(analyzeText(row.kind, row.yaml)))
      .where(and(isResource(row), eq(draftResource.yaml, row.yaml)));
  }
}

/** The columns that follow from the text. */
export function analyzedColumns(analyzed: AnalyzedText) {
  return {
    hash: analyzed.hash,
    json: analyzed.json ?? null,
    message: analyzed.message ?? null,
    messageHash: analyzed.messageHash ?? null,
    analysis: analyzed.analysis,
    rules: RULES_REVISION,
  };
}

/** `liveHash`: of the live version's blob with that kind and name. */
export function toDraftResource(
  row: DraftRow,
  around: Surroundings,
  liveHash: string | undefined,
): DraftResource {
  return {
    kind: row.kind,
    name: row.name,
    yaml: redactYaml(row.yaml),
    json: shownJson(row.json),
    revision: row.revision,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
    change: changeOf(row.hash, liveHash),
    problems: [...row.analysis.problems, ...crossCheck(row, row.analysis, around)],
  };
}

export function changeOf(hash: string, liveHash: string | undefined): DraftResource["change"] {
  if (liveHash === undefined) return "added";
  return hash === liveHash ? "unchanged" : "modified";
}
