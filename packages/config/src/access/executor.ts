import type { Database } from "@sluice/database";

/** A transaction of `Context.db`. */
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];

/** Where a query runs: by itself or inside a transaction. */
export type Executor = Database | Transaction;

/** A transaction where a verb wants a database: the verb's own transaction becomes a savepoint in it. */
export function asDatabase(tx: Transaction): Database {
  return tx;
}
