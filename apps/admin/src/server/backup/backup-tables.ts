import type { TransactionSql } from "postgres";

/** The schemas whose tables are backed up, unless they are named below. `telemetry` is figures of the past; they are not kept. */
export const BACKED_UP_SCHEMAS = ["config", "auth"] as const;

/** What is not backed up, and why. Every other table of the schemas is: a new one by itself. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "config.control_replica": "which processes of the control plane live now",
  "config.work_lease": "who does shared work now",
  "config.node_channel": "calls that nodes keep open now",
  "config.node": "nodes tell who they are when they connect",
  "config.node_type_state": "nodes tell what they have when they connect",
  "config.node_managed": "nodes tell what they have when they connect",
  "auth.session": "everybody signs in again",
  "auth.verification": "open sign-ins, valid for minutes",
  "auth.sign_in_attempt": "failed sign-ins of the last minutes",
};

export interface TableColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The tables to back up as they are in this database, those that others refer to first. */
export async function backupTables(sql: TransactionSql): Promise<readonly TableColumns[]> {
  const columns = await sql<{ name: string; columns: string[] }[]>`
    select n.nspname || '.' || c.relname as name,
      array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind in ('r', 'p') and n.nspname in ${sql([...BACKED_UP_SCHEMAS])}
    group by c.oid, n.nspname, c.relname
    order by 2`;
  const references = await sql<{ from: string; to: string }[]>`
    select fn.nspname || '.' || f.relname as "from", tn.nspname || '.' || t.relname as "to"
    from pg_constraint k
    join pg_class f on f.oid = k.conrelid join pg_namespace fn on fn.oid = f.relnamespace
    join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
    where k.contype = 'f' and k.conrelid <> k.confrelid`;
  const wanted = columns.filter(({ name }) => !Object.hasOwn(LEFT_OUT, name));
  const ordered: TableColumns[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { from, to } of references) if (from === name) visit(to);
    const table = wanted.find((each) => each.name === name);
    if (table !== undefined) ordered.push({ name, columns: table.columns });
  };
  for (const { name } of wanted) visit(name);
  return ordered;
}

/** Of each set of migrations, the hashes in the order in which they were applied. */
export async function appliedMigrations(
  sql: TransactionSql,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  for (const set of BACKED_UP_SCHEMAS) {
    const rows = await sql<{ hash: string }[]>`select hash from ${sql(`migrations.${set}`)} order by id`;
    found[set] = rows.map(({ hash }) => hash);
  }
  return found;
}

/** `config.version` as SQL. */
export function quoteName(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}

export function copyTarget({ name, columns }: TableColumns): string {
  return `${quoteName(name)} (${columns.map((column) => quoteName(column)).join(", ")})`;
}
