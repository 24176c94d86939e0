import { boolean, jsonb, timestamp } from "drizzle-orm/pg-core";
import type { ApplianceSettings } from "../settings/settings-contract.ts";
import { configSchema } from "./config-schema.ts";

/** One row once somebody changed something: what differs from the defaults. */
export const applianceSettings = configSchema.table("appliance_settings", {
  id: boolean().primaryKey(),
  changed: jsonb().$type<Partial<ApplianceSettings>>().notNull(),
  /** When somebody finished or skipped the first-run guide; null: it is still offered. */
  setUpAt: timestamp("set_up_at", { withTimezone: true }),
});
