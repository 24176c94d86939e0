import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import { ConfigError, type ResourceRef } from "../contract.ts";
import { draftRemoval } from "../schema/index.ts";
import { redactYaml } from "../text/redact.ts";
import type { DraftRow } from "./draft-rows.ts";
import { keyOf } from "./lock-rows.ts";

/** Throws when the resource is not as it was at `expected` (0: not there): `conflict`, `already_exists` or `not_found`. */
export async function expectRevision(
  tx: Transaction,
  ref: ResourceRef,
  expected: number,
  stored: DraftRow | undefined,
): Promise<void> {
  if (stored === undefined && expected === 0) return;
  if (stored?.revision === expected) return;
  if (stored !== undefined && expected === 0) throw alreadyThere(stored);
  throw await conflictOver(tx, ref, stored);
}

export function alreadyThere({ kind, name }: ResourceRef): ConfigError {
  return new ConfigError("already_exists", `the draft has ${kind} '${name}' already`);
}

/** The error that tells who changed or removed it, when, and what is there now. */
export async function conflictOver(
  tx: Transaction,
  ref: ResourceRef,
  stored: DraftRow | undefined,
): Promise<ConfigError> {
  if (stored !== undefined) {
    return new ConfigError("conflict", `${stored.updatedBy} changed ${ref.kind} '${ref.name}' meanwhile`, {
      by: stored.updatedBy,
      at: stored.updatedAt.toISOString(),
      current: { yaml: redactYaml(stored.yaml), revision: stored.revision },
    });
  }
  const removal = (await readRemovals(tx, [ref])).get(keyOf(ref));
  if (removal === undefined)
    return new ConfigError("not_found", `the draft has no ${ref.kind} '${ref.name}'`);
  return new ConfigError("conflict", `${removal.removedBy} removed ${ref.kind} '${ref.name}' meanwhile`, {
    by: removal.removedBy,
    at: removal.removedAt.toISOString(),
    current: undefined,
  });
}

/** Where the revisions of those that were removed ended, by `keyOf`. */
export async function readRemovals(
  tx: Transaction,
  refs: readonly ResourceRef[],
): Promise<ReadonlyMap<string, typeof draftRemoval.$inferSelect>> {
  if (refs.length === 0) return new Map();
  const { kind, name } = draftRemoval;
  const wanted = rowsParameter(refs.map((ref) => ({ kind: ref.kind, name: ref.name })));
  const rows = await tx
    .select()
    .from(draftRemoval)
    .where(sql`(${kind}, ${name}) in (select w.kind, w.name from ${wanted} as w(kind text, name text))`);
  return new Map(rows.map((row) => [keyOf(row), row]));
}
