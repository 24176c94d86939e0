/**
 * `npm run migrate`: brings the schema of DATABASE_URL up to date, makes the first user while there is none, and exits; for
 * installations without `npm start`.
 */
import { authMigrations } from "@sluice/admin/migrations";
import { configMigrations } from "@sluice/config/migrations";
import { migrateAll } from "@sluice/database";
import { telemetryMigrations } from "@sluice/telemetry/migrations";

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
    const { ensureFirstUser } = await import("@sluice/admin/auth");
    const user = await ensureFirstUser(url, {
      email: process.env.SLUICE_ADMIN_EMAIL || undefined,
      password: process.env.SLUICE_ADMIN_PASSWORD || undefined,
    });
    if (user.created) console.log(`made the first user ${user.email}`);
    if (user.password !== undefined) console.log(`with the password ${user.password} (shown this once)`);
  }
}
