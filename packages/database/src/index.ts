export { type MigrationSet, migrateAll } from "./migrate-all.ts";
export { type NotificationBus, openNotificationBus } from "./notification-bus.ts";
export { type Database, type OpenDatabase, openDatabase, type Sql } from "./open-database.ts";
