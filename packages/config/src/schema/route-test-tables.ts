import { jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { RouteTest } from "../route-test/route-test.ts";
import { configSchema } from "./config-schema.ts";

/** The draft's route tests. */
export const draftRouteTest = configSchema.table("draft_route_test", {
  name: text().primaryKey(),
  test: jsonb().$type<RouteTest>().notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** All route tests of a version, named by their content; shared by versions. */
export const routeTestSet = configSchema.table("route_test_set", {
  hash: text().primaryKey(),
  tests: jsonb().$type<readonly RouteTest[]>().notNull(),
});
