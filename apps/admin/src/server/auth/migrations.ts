import { fileURLToPath } from "node:url";
import type { MigrationSet } from "@sluice/database";

/** Users, sessions and sign-in attempts. Made by `drizzle-kit generate` from `schema.ts`. */
export const authMigrations: MigrationSet = {
  name: "auth",
  folder: fileURLToPath(new URL("../../../migrations", import.meta.url)),
};
