export * from "./audit-tables.ts";
export * from "./config-schema.ts";
export * from "./draft-tables.ts";
export * from "./group-tables.ts";
export * from "./join-tables.ts";
export * from "./node-tables.ts";
export * from "./rollout-tables.ts";
export * from "./version-tables.ts";
