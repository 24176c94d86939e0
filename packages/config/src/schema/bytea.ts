import { customType } from "drizzle-orm/pg-core";

/** Bytes; read as a Buffer. */
export const bytea = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });
