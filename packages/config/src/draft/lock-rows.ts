import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import type { ResourceRef } from "../contract.ts";
import { draftResource } from "../schema/index.ts";
import { type DraftRow, isResource } from "./draft-rows.ts";

/** Waits for whoever changes the row now, and keeps others from it until the transaction ends. */
export async function lockRow(tx: Transaction, ref: ResourceRef): Promise<DraftRow | undefined> {
  const [row] = await tx.select().from(draftResource).where(isResource(ref)).for("update");
  return row;
}

/** The same for many, by `keyOf`; always in one order, so that two who want the same rows do not wait for each other. */
export async function lockRows(
  tx: Transaction,
  refs: readonly ResourceRef[],
): Promise<ReadonlyMap<string, DraftRow>> {
  const [first] = refs;
  if (first === undefined) return new Map();
  const { kind, name } = draftResource;
  const wanted = rowsParameter(refs.map((ref) => ({ kind: ref.kind, name: ref.name })));
  const rows =
    refs.length === 1
      ? [await lockRow(tx, first)]
      : await tx
          .select()
          .from(draftResource)
          .where(sql`(${kind}, ${name}) in (select w.kind, w.name from ${wanted} as w(kind text, name text))`)
          .orderBy(kind, name)
          .for("update");
  return new Map(rows.flatMap((row) => (row === undefined ? [] : [[keyOf(row), row] as const])));
}

export function keyOf({ kind, name }: ResourceRef): string {
  return `${kind}/${name}`;
}
