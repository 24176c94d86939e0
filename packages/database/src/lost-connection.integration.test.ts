import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPostgres, type TestPostgres } from "@sluice/harness";
import { sql as statement } from "drizzle-orm";
import { openDatabase } from "./open-database.ts";

let postgres: TestPostgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.close());

const WRITERS = 4;
const KILLS = 10;
const DEADLINE_MS = 60_000;

test("transactions whose backend is killed in the middle fail, none is written in part, and the pool goes on", async (t) => {
  const url = await postgres.createDatabase();
  const database = openDatabase(url, { poolSize: WRITERS, applicationName: "victim" });
  const killer = openDatabase(url, { poolSize: 1, applicationName: "killer" });
  t.after(() => Promise.all([database.close(), killer.close()]));
  await killer.sql`create table written (id bigint generated always as identity, round text)`;
  let going = true;
  let failed = 0;
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; going; round++) {
      const name = `${writer}/${round}`;
      try {
        await database.db.transaction(async (tx) => {
          await tx.execute(statement`insert into written (round) values (${name})`);
          await tx.transaction((inner) =>
            inner.execute(statement`insert into written (round) values (${name})`),
          );
          // Some of them work on something else while they hold the connection.
          if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
          await tx.execute(statement`insert into written (round) values (${name})`);
        });
      } catch {
        failed++;
      }
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => write(index));
  const deadline = performance.now() + DEADLINE_MS;
  for (let kills = 0; kills < KILLS && performance.now() < deadline; ) {
    const killed = await killer.sql`
      select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' limit 1`;
    kills += killed.length;
    await new Promise((resolve) => setTimeout(resolve, 7));
  }
  going = false;
  await Promise.all(writers);
  assert.ok(failed >= KILLS / 4, `only ${failed} transactions failed`);
  const parts = await killer.sql`select round, count(*) from written group by round having count(*) <> 3`;
  assert.deepEqual([...parts], []);
  // The last ones to be killed may not have been noticed yet: each connection may fail once more.
  for (let left = WRITERS * 2, failures = 0; left > 0; ) {
    try {
      await database.sql.begin((tx) => tx`insert into written (round) values ('after')`);
      left--;
    } catch (error) {
      failures++;
      assert.ok(failures <= WRITERS, String(error));
    }
  }
});
