import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/server/auth/schema.ts",
  out: "./migrations",
  schemaFilter: ["auth"],
});
