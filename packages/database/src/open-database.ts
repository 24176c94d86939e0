import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { addArrayTypes } from "./array-types.ts";
import { guardTransactions } from "./guard-transactions.ts";

export type Sql = postgres.Sql;
/** Drizzle over postgres.js; each package brings its own tables, none is registered here. */
export type Database = PostgresJsDatabase<Record<string, never>>;

export interface OpenDatabase {
  readonly db: Database;
  /** The same pool, for COPY, LISTEN and hand-written queries. */
  readonly sql: Sql;
  /** Waits up to 5 s for running queries, then closes the pool. */
  close(): Promise<void>;
}

/**
 * Opens a pool; connects on first use and again by itself after the server was away. A transaction whose connection is lost is
 * rejected, whatever runs in it.
 *
 * @param url `postgres://user:password@host:port/name`
 * @param options.poolSize connections at most, default 10
 * @param options.applicationName shown in pg_stat_activity
 */
export function openDatabase(
  url: string,
  options: { readonly poolSize?: number; readonly applicationName?: string } = {},
): OpenDatabase {
  const sql = postgres(url, {
    max: options.poolSize ?? 10,
    connect_timeout: 10,
    idle_timeout: 60,
    fetch_types: false,
    // A backoff of at most 1 s: Postgres coming back is noticed at once.
    backoff: (attempt) => Math.min(1, 0.1 * 2 ** attempt),
    onnotice: () => {},
    connection: { application_name: options.applicationName ?? "sluice" },
  });
  addArrayTypes(sql);
  guardTransactions(sql);
  return { db: drizzle(sql), sql, close: () => sql.end({ timeout: 5 }) };
}
