import { authorizeRead } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { requireVersion } from "../version/require-version.ts";
import { readDraftTests, readTestSet } from "./read-tests.ts";
import type { RouteTest, StoredRouteTest } from "./route-test.ts";

/** The draft's route tests, by name. */
export async function listRouteTests(context: Context): Promise<readonly StoredRouteTest[]> {
  await authorizeRead(context, "route_test.list");
  return await readDraftTests(context.db);
}

/** A version's. `not_found`. */
export async function versionRouteTests(context: Context, number: number): Promise<readonly RouteTest[]> {
  await authorizeRead(context, "route_test.of_version");
  const row = await requireVersion(context.db, number);
  return await readTestSet(context.db, row.routeTests);
}
