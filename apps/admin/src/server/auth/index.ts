export { ensureFirstUser, type FirstUser } from "./ensure-first-user.ts";
export { authMigrations } from "./migrations.ts";
