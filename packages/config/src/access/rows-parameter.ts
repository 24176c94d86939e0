import { type SQL, sql } from "drizzle-orm";

/**
 * Rows as one parameter, to be read `as r(name text, …)`: thousands are one statement, and none has more parameters than it may.
 * A column of JSON is best given as its text: what that holds is then nobody's business on the way.
 */
export function rowsParameter(rows: readonly object[]): SQL {
  return sql`json_to_recordset(${JSON.stringify(rows, wellFormed)}::text::json)`;
}

/** A half of a surrogate pair is no text for Postgres; elsewhere the driver does the same. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed() : value;
}
