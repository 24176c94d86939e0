import { randomBytes } from "node:crypto";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres } from "@sluice/harness";
import type { Role } from "../access/built-in-roles.ts";
import type { Context } from "../contract.ts";
import { type KeyRing, parseKeyRing } from "../envelope/key-ring.ts";
import { configMigrations } from "../schema/migrations.ts";

/** A migrated, empty configuration database on a real server, for one test file. */
export interface TestConfig {
  /** As `name`, who has `role`. */
  as(role: Role, name?: string): Context;
  readonly database: OpenDatabase;
  /** What its contexts seal secrets with. */
  readonly keys: KeyRing;
  /** Moves the wall clock of all contexts. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startConfig(): Promise<TestConfig> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations]);
  const database = openDatabase(url);
  const keys = parseKeyRing(randomBytes(32).toString("base64"));
  let ahead = 0;
  return {
    as: (role, name = role) => ({
      db: database.db,
      sql: database.sql,
      actor: { id: name, name, role },
      now: () => new Date(Date.now() + ahead),
      ring: keys,
    }),
    database,
    keys,
    advance(ms) {
      ahead += ms;
    },
    async close() {
      await database.close();
      await postgres.close();
    },
  };
}
