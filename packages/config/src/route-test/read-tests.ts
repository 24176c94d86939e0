import { eq, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { sha256 } from "../analysis/content-hash.ts";
import { draftRouteTest, routeTestSet } from "../schema/index.ts";
import { fingerprint } from "../text/align-lists.ts";
import type { RouteTest, StoredRouteTest } from "./route-test.ts";

/** By name (code points). */
export async function readDraftTests(executor: Executor): Promise<readonly StoredRouteTest[]> {
  const rows = await executor.select().from(draftRouteTest).orderBy(sql`${draftRouteTest.name} collate "C"`);
  return rows.map(({ test, updatedAt, updatedBy }) => ({ ...test, updatedAt, updatedBy }));
}

/** Of a version, by the hash in its row. */
export async function readTestSet(executor: Executor, hash: string): Promise<readonly RouteTest[]> {
  if (hash === "") return [];
  const [row] = await executor.select().from(routeTestSet).where(eq(routeTestSet.hash, hash));
  if (row === undefined) throw new Error(`the database lacks ${hash}, which a version refers to`);
  return row.tests;
}

/** The tests as content: "" for none, so that versions without tests are called as they always were. */
export function testSetHash(tests: readonly RouteTest[]): string {
  return tests.length === 0 ? "" : sha256(fingerprint(tests.map(contentOf)));
}

/** Freezes the draft's tests, and says what the version calls them. */
export async function storeTestSet(executor: Executor): Promise<string> {
  const tests = (await readDraftTests(executor)).map(contentOf);
  const hash = testSetHash(tests);
  if (hash !== "") await executor.insert(routeTestSet).values({ hash, tests }).onConflictDoNothing();
  return hash;
}

function contentOf(test: RouteTest): RouteTest {
  const { updatedAt: _at, updatedBy: _by, ...content } = test as StoredRouteTest;
  return content;
}
