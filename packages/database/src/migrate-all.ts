import { migrate } from "drizzle-orm/postgres-js/migrator";
import { openDatabase } from "./open-database.ts";

/** One package's migrations: made by drizzle-kit, applied in order, remembered in a table of their own. */
export interface MigrationSet {
  /** `config`, `telemetry`, `auth`; also the name of the Postgres schema that the set owns. */
  readonly name: string;
  /** Absolute path of the folder that drizzle-kit wrote. */
  readonly folder: string;
}

// Any number of replicas may start at once: one migrates, the others wait for it.
const ADVISORY_LOCK = 7_583_442_001;

/** Applies what is missing of every set, in the order given. Safe to call from several processes at once. */
export async function migrateAll(url: string, sets: readonly MigrationSet[]): Promise<void> {
  const { db, sql, close } = openDatabase(url, { poolSize: 1 });
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCK})`;
    for (const set of sets) {
      await migrate(db, {
        migrationsFolder: set.folder,
        migrationsSchema: "migrations",
        migrationsTable: set.name,
      });
    }
  } finally {
    await close();
  }
}
