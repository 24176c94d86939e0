import { pgSchema } from "drizzle-orm/pg-core";

export const configSchema = pgSchema("config");
