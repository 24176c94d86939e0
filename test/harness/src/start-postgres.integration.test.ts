import assert from "node:assert/strict";
import { after, test } from "node:test";
import postgres from "postgres";
import { startPostgres } from "./start-postgres.ts";
import { waitFor } from "./wait-for.ts";

const server = await startPostgres();
after(() => server.close());

async function query<T>(url: string, text: string): Promise<T[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    return [...(await sql.unsafe(text))] as T[];
  } finally {
    await sql.end({ timeout: 5 });
  }
}

test("each database starts empty and apart from the others", async () => {
  const [first, second] = [await server.createDatabase(), await server.createDatabase()];
  await query(first, "create table seen (n int)");
  const tables = "select table_name from information_schema.tables where table_name = 'seen'";
  assert.equal((await query(first, tables)).length, 1);
  assert.equal((await query(second, tables)).length, 0);
});

test("every caller in one process gets the same cluster", async () => {
  assert.equal(await startPostgres(), server);
});

test("a crashed server comes back on the same port with its data", async () => {
  const url = await server.createDatabase();
  await query(url, "create table kept as select 7 as n");
  await server.crash();
  await assert.rejects(query(url, "select 1"));
  await server.start();
  const rows = await waitFor("the table", () => query<{ n: number }>(url, "select n from kept"));
  assert.deepEqual(rows, [{ n: 7 }]);
});
