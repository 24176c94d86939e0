/** `node infra/appliance/src/migrate.ts`: brings the schema of DATABASE_URL up to date and exits; for installations without `npm start`. */
import { authMigrations } from "@sluice/admin/auth";
import { configMigrations } from "@sluice/config";
import { migrateAll } from "@sluice/database";
import { telemetryMigrations } from "@sluice/telemetry";

export function migrateAppliance(url: string): Promise<void> {
  return migrateAll(url, [configMigrations, telemetryMigrations, authMigrations]);
}

if (import.meta.main) {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") {
    console.error("sluice: set DATABASE_URL to the Postgres database to migrate");
    process.exitCode = 1;
  } else {
    await migrateAppliance(url);
    console.log("the schema is up to date");
  }
}
