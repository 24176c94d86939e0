import { fileURLToPath } from "node:url";
import type { MigrationSet } from "@sluice/database";

export const telemetryMigrations: MigrationSet = {
  name: "telemetry",
  folder: fileURLToPath(new URL("../migrations", import.meta.url)),
};
