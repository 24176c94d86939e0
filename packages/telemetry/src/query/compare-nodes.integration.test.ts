import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import { startPostgres, type TestPostgres } from "@sluice/harness";
import { telemetryMigrations } from "../migrations.ts";
import { compareNodes } from "./compare-nodes.ts";

const RULE = { requestsMin: 100, errorRateRise: 0.01, latencyFactor: 1.5 };
const NOW_MS = Math.floor(Date.now() / 1000) * 1000;
const ago = (seconds: number): Date => new Date(NOW_MS - seconds * 1000);

let postgres: TestPostgres;
let database: OpenDatabase;
before(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  await migrateAll(url, [telemetryMigrations]);
  database = openDatabase(url);
  // A minute ago the new node got the version: since then every tenth request fails there, and nowhere else.
  for (let second = 110; second >= 1; second--) {
    await count("new", second, second < 60 ? 2 : 0);
    await count("old", second, 0);
  }
});
after(async () => {
  await database?.close();
  await postgres?.close();
});

async function count(node: string, secondsAgo: number, failed: number): Promise<void> {
  await database.sql`
    insert into telemetry.stats_1s (at, kind, name, node, requests, responses_2xx, responses_3xx, responses_4xx,
      responses_5xx, failures, retries, connections_opened, connections_active, requests_active, bytes_received,
      bytes_sent, members_healthy, members_total)
    values (${ago(secondsAgo).toISOString()}::timestamptz, 'node', ${node}, ${node}, 20, ${20 - failed}, 0, 0, ${failed}, 0, 0, 0, 0, 0, 0, 0, 0, 0)`;
}

const question = {
  newer: ["new"],
  older: ["old"],
  from: ago(60),
  to: ago(0),
  startedAt: ago(60),
  rule: RULE,
};

test("new nodes are compared with old ones over the same seconds, from when they had the version", async () => {
  const found = await compareNodes(database.sql, question);
  assert.deepEqual([found.verdict, found.baseline], ["worse", "old nodes"]);
  // 57 whole seconds: one after the start and two before now are not judged.
  assert.deepEqual([found.newer.requests, found.older.requests], [1_140, 1_140]);
  assert.equal(found.older.errorRate, 0);
});

test("where no old node is left, with themselves before the rollout; too short a time concludes nothing", async () => {
  const found = await compareNodes(database.sql, { ...question, older: [] });
  assert.deepEqual([found.verdict, found.baseline, found.older.requests], ["worse", "before", 1_000]);
  const early = await compareNodes(database.sql, { ...question, from: ago(5) });
  assert.equal(early.verdict, "inconclusive");
});
