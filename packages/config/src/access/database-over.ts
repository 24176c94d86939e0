import type { Database, Sql } from "@sluice/database";
import { drizzle } from "drizzle-orm/postgres-js";

const known = new WeakMap<Sql, Database>();

/** Drizzle over a pool, for callers that have no `Context`; one per pool. */
export function databaseOver(sql: Sql): Database {
  let db = known.get(sql);
  if (db === undefined) {
    db = drizzle(sql);
    known.set(sql, db);
  }
  return db;
}
