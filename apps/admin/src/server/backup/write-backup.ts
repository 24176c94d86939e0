import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Context, type KeyRing, recordAudit } from "@sluice/config";
import type { TransactionSql } from "postgres";
import { authorizeWhole } from "./authorize-whole.ts";
import { sealStream } from "./backup-frames.ts";
import { dataRecords, encodeRecord } from "./backup-records.ts";
import { appliedMigrations, backupTables, copyTarget } from "./backup-tables.ts";

export interface BackupSecrets {
  readonly keyRing: KeyRing;
  readonly authSecret: string;
}

/**
 * Writes the whole appliance, as it is at one moment, as one encrypted file: configuration, versions, history, people, settings,
 * sealed values and the keys that open them. Streams: a backup needs no memory of its size. Needs all that is managed.
 */
export async function writeBackup(
  context: Context,
  secrets: BackupSecrets,
  passphrase: string,
  target: Writable,
): Promise<void> {
  await authorizeWhole(context, "appliance.backup");
  await recordAudit(context, { action: "appliance.backup", subject: "appliance" });
  await context.sql.begin("isolation level repeatable read read only", async (tx) => {
    const records = Readable.from(recordsOf(tx, context, secrets), { objectMode: false });
    await pipeline(
      records,
      createGzip(),
      (plain: AsyncIterable<Uint8Array>) => sealStream(plain, passphrase),
      target,
    );
  });
}

async function* recordsOf(
  sql: TransactionSql,
  context: Context,
  { keyRing, authSecret }: BackupSecrets,
): AsyncGenerator<Buffer> {
  const tables = await backupTables(sql);
  yield encodeRecord({
    type: "manifest",
    manifest: {
      createdAt: context.now().toISOString(),
      migrations: await appliedMigrations(sql),
      tables: tables.map(({ name }) => name),
    },
  });
  const secretKeys = [keyRing.current, ...keyRing.older].map(({ key }) =>
    Buffer.from(key).toString("base64"),
  );
  yield encodeRecord({ type: "keys", keys: { secretKeys, authSecret } });
  for (const table of tables) {
    yield encodeRecord({ type: "table", table });
    const rows = await sql.unsafe(`copy ${copyTarget(table)} to stdout`).readable();
    for await (const chunk of rows as AsyncIterable<Buffer>) yield* dataRecords(chunk);
  }
  yield encodeRecord({ type: "end" });
}
