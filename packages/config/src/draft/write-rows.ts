import { sql } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { rowsParameter } from "../access/rows-parameter.ts";
import type { ResourceRef } from "../contract.ts";
import type { DraftRow } from "./draft-rows.ts";
import { alreadyThere } from "./expect-revision.ts";
import { keyOf } from "./lock-rows.ts";

/** A row as it is to be, and as it is now; undefined: it is new. */
export interface RowChange {
  readonly row: DraftRow;
  readonly stored: DraftRow | undefined;
}

const COLUMNS = sql.raw(
  "kind, name, yaml, hash, revision, updated_at, updated_by, json, message, message_hash, analysis, rules",
);
const VALUES = sql.raw(`w.kind, w.name, w.yaml, w.hash, w.revision, w.updated_at, w.updated_by, w.json::json,
  decode(w.message, 'base64'), w.message_hash, w.analysis::jsonb, w.rules`);
const TYPES =
  sql.raw(`w(kind text, name text, yaml text, hash text, revision int, updated_at timestamptz, updated_by text,
  json text, message text, message_hash text, analysis text, rules int, was text)`);

/** Writes rows whose stored ones the transaction has locked. Throws `already_exists` when a new name is taken. */
export async function writeRows(tx: Transaction, changes: readonly RowChange[]): Promise<void> {
  await refuseTaken(
    tx,
    changes.flatMap(({ row, stored }) => (stored === undefined || stored.name === row.name ? [] : [row])),
  );
  const fresh = changes.filter(({ stored }) => stored === undefined);
  if (fresh.length > 0) {
    const written = await tx.execute<{ readonly kind: string; readonly name: string }>(sql`
      insert into config.draft_resource (${COLUMNS})
      select ${VALUES} from ${rowsParameter(fresh.map(columnsOf))} as ${TYPES}
      on conflict do nothing returning kind, name`);
    const there = new Set(written.map(({ kind, name }) => `${kind}/${name}`));
    const missed = fresh.find(({ row }) => !there.delete(keyOf(row)));
    if (missed !== undefined) throw alreadyThere(missed.row);
  }
  const known = changes.filter(({ stored }) => stored !== undefined);
  if (known.length > 0)
    await tx.execute(sql`
      update config.draft_resource d set (${COLUMNS}) = row(${VALUES})
      from ${rowsParameter(known.map(columnsOf))} as ${TYPES} where d.kind = w.kind and d.name = w.was`);
}

async function refuseTaken(tx: Transaction, renamed: readonly ResourceRef[]): Promise<void> {
  if (renamed.length === 0) return;
  const twice = renamed.find((ref, index) =>
    renamed.some((other, at) => at < index && keyOf(other) === keyOf(ref)),
  );
  const wanted = rowsParameter(renamed.map(({ kind, name }) => ({ kind, name })));
  const [taken] = await tx.execute<{ readonly kind: DraftRow["kind"]; readonly name: string }>(sql`
    select d.kind, d.name from config.draft_resource d
    join ${wanted} as w(kind text, name text) on w.kind = d.kind and w.name = d.name limit 1`);
  const found = taken ?? twice;
  if (found !== undefined) throw alreadyThere(found);
}

function columnsOf({ row, stored }: RowChange): object {
  return {
    kind: row.kind,
    name: row.name,
    yaml: row.yaml,
    hash: row.hash,
    revision: row.revision,
    updated_at: row.updatedAt,
    updated_by: row.updatedBy,
    json: row.json === null ? null : JSON.stringify(row.json),
    message: row.message === null ? null : Buffer.from(row.message).toString("base64"),
    message_hash: row.messageHash,
    analysis: JSON.stringify(row.analysis),
    rules: row.rules,
    was: stored?.name ?? null,
  };
}
