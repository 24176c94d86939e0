import { fileURLToPath } from "node:url";
import type { MigrationSet } from "@sluice/database";

/** Pass to `migrateAll`; owns the Postgres schema `config`. */
export const configMigrations: MigrationSet = {
  name: "config",
  folder: fileURLToPath(new URL("../../migrations", import.meta.url)),
};
