import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ConfigError, type Context, recordAudit } from "@sluice/config";
import type { TransactionSql } from "postgres";
import { authorizeWhole } from "./authorize-whole.ts";
import { BackupError, openStream } from "./backup-frames.ts";
import { type BackupKeys, type BackupManifest, type BackupRecord, decodeRecords } from "./backup-records.ts";
import { appliedMigrations, backupTables, copyTarget, LEFT_OUT, quoteName } from "./backup-tables.ts";

export interface Restored {
  readonly createdAt: string;
  readonly tables: number;
}

/**
 * Puts a backup into an empty appliance, in one transaction: all of it or nothing. Needs all that is managed; nobody stays signed in. The processes
 * must be started again afterwards, since they hold keys of before.
 *
 * @param keepKeys called with the backup's keys before anything is committed; throws when they cannot be kept
 * @throws ConfigError `conflict` when the appliance is not empty, `invalid` when the file cannot be read or is of another version
 */
export async function restoreBackup(
  context: Context,
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  keepKeys: (keys: BackupKeys) => Promise<void>,
): Promise<Restored> {
  await authorizeWhole(context, "appliance.restore");
  const gunzip = createGunzip();
  const reading = pipeline(Readable.from(openStream(source, passphrase), { objectMode: false }), gunzip);
  // Its failure comes out of the iteration below.
  reading.catch(() => undefined);
  try {
    const restored = await context.sql.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(7583442011)`;
      await refuseNonEmpty(sql);
      return await take(sql, decodeRecords(gunzip), keepKeys);
    });
    await recordAudit(context, {
      action: "appliance.restore",
      subject: "appliance",
      details: { createdAt: restored.createdAt },
    });
    return restored;
  } catch (error) {
    if (error instanceof BackupError) throw new ConfigError("invalid", error.message);
    throw error;
  } finally {
    gunzip.destroy();
  }
}

/** A fresh appliance has one person, and what its first start made. */
async function refuseNonEmpty(sql: TransactionSql): Promise<void> {
  const [found] = await sql<{ versions: number; resources: number; people: number }[]>`
    select (select count(*) from config.version)::int as versions,
      (select count(*) from config.draft_resource)::int as resources,
      (select count(*) from auth."user")::int as people`;
  if (found === undefined || found.versions + found.resources > 0 || found.people > 1)
    throw new ConfigError(
      "conflict",
      `a backup is restored onto an empty appliance only; this one has ${found?.versions ?? 0} versions, ${found?.resources ?? 0} resources in the draft and ${found?.people ?? 0} people`,
      { by: undefined, at: undefined },
    );
}

async function take(
  sql: TransactionSql,
  records: AsyncGenerator<BackupRecord>,
  keepKeys: (keys: BackupKeys) => Promise<void>,
): Promise<Restored> {
  const tables = await backupTables(sql);
  const manifest = await readManifest(sql, records);
  await setTriggers(sql, tables, "disable");
  for (const name of Object.keys(LEFT_OUT)) await sql.unsafe(`delete from ${quoteName(name)}`);
  for (const { name } of [...tables].reverse()) await sql.unsafe(`delete from ${quoteName(name)}`);
  let keys: BackupKeys | undefined;
  let rows:
    | { readonly write: (data: Buffer) => Promise<void>; readonly end: () => Promise<void> }
    | undefined;
  let done = false;
  for await (const record of records) {
    if (record.type === "data") {
      if (rows === undefined) throw new BackupError("the backup has rows of no table");
      await rows.write(record.data);
      continue;
    }
    await rows?.end();
    rows = undefined;
    if (record.type === "keys") keys = record.keys;
    else if (record.type === "table") {
      const known = tables.find(({ name }) => name === record.table.name);
      if (known === undefined || record.table.columns.join() !== known.columns.join())
        throw new BackupError(`the backup's table ${record.table.name} is not as it is here`);
      rows = await copyInto(sql, copyTarget(known));
    } else if (record.type === "end") done = true;
  }
  if (!done || keys === undefined) throw new BackupError("the backup breaks off: its end is missing");
  for (const { name, columns } of tables) await moveSequences(sql, name, columns);
  await setTriggers(sql, tables, "enable");
  await keepKeys(keys);
  return { createdAt: manifest.createdAt, tables: manifest.tables.length };
}

async function readManifest(
  sql: TransactionSql,
  records: AsyncGenerator<BackupRecord>,
): Promise<BackupManifest> {
  const { value: first } = await records.next();
  if (first?.type !== "manifest") throw new BackupError("the backup has no manifest");
  const here = await appliedMigrations(sql);
  if (JSON.stringify(here) !== JSON.stringify(first.manifest.migrations))
    throw new BackupError(
      "the backup was made by a version of Sluice with other tables: restore it with that version, then upgrade",
    );
  return first.manifest;
}

/** Versions and audit events refuse to be deleted, even the ones of a first start. */
async function setTriggers(
  sql: TransactionSql,
  tables: readonly { readonly name: string }[],
  state: "disable" | "enable",
): Promise<void> {
  for (const { name } of tables) await sql.unsafe(`alter table ${quoteName(name)} ${state} trigger user`);
}

async function copyInto(sql: TransactionSql, target: string) {
  const stream = await sql.unsafe(`copy ${target} from stdin`).writable();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  stream.on("error", reject);
  return {
    write: async (data: Buffer): Promise<void> => {
      await Promise.race([
        new Promise<void>((resolve, refuse) =>
          stream.write(data, (error) => (error ? refuse(error) : resolve())),
        ),
        failed,
      ]);
    },
    end: async (): Promise<void> => {
      await Promise.race([new Promise<void>((resolve) => stream.end(() => resolve())), failed]);
    },
  };
}

async function moveSequences(sql: TransactionSql, name: string, columns: readonly string[]): Promise<void> {
  for (const column of columns) {
    const [found] = await sql<{ sequence: string | null }[]>`
      select pg_get_serial_sequence(${quoteName(name)}, ${column}) as sequence`;
    if (found?.sequence == null) continue;
    await sql.unsafe(
      `select setval('${found.sequence}', coalesce((select max(${quoteName(column)}) from ${quoteName(name)}), 1), exists (select from ${quoteName(name)}))`,
    );
  }
}
