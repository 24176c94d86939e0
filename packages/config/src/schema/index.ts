export * from "./audit-tables.ts";
export * from "./config-schema.ts";
export * from "./draft-tables.ts";
export * from "./history-tables.ts";
export * from "./node-tables.ts";
export * from "./route-test-tables.ts";
export * from "./version-tables.ts";
