import { createHash } from "node:crypto";
import { type Context, configMigrations, type KeyRing, loadKeyRing } from "@sluice/config";
import { migrateAll, openDatabase, type Sql } from "@sluice/database";
import { startPostgres, type TestPostgres } from "@sluice/harness";
import { telemetryMigrations } from "@sluice/telemetry";

/** A migrated, empty database on a real server of its own, for control planes and for the test that looks behind them. */
export interface ControlDatabase {
  /** For `startControlProcess`. */
  readonly url: string;
  readonly postgres: TestPostgres;
  readonly sql: Sql;
  /** What the control planes of this database seal secrets with. */
  readonly keys: KeyRing;
  /** An administrator, Tester, on the wall clock, with `keys`. */
  readonly context: Context;
  close(): Promise<void>;
}

export async function startControlDatabase(): Promise<ControlDatabase> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations, telemetryMigrations]);
  const { db, sql, close } = openDatabase(url);
  const keys = loadKeyRing({ secretKey: secretKeyOf(url), secretKeyFile: "", dataDir: "", warn: () => {} });
  return {
    url,
    postgres,
    sql,
    keys,
    context: {
      db,
      sql,
      actor: { id: "tester", name: "Tester", role: "admin" },
      now: () => new Date(),
      ring: keys,
    },
    async close() {
      await close();
      await postgres.close();
    },
  };
}

/** `SLUICE_SECRET_KEY`: the same for all control planes of a database. */
export function secretKeyOf(databaseUrl: string): string {
  return createHash("sha256").update(databaseUrl).digest("base64");
}
