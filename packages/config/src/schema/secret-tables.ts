import { jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** The values that stand behind the tokens of stored texts; see secret/seal-text.ts. */
export const secretValue = configSchema.table("secret_value", {
  /** The token: a keyed hash of field and value. */
  id: text().primaryKey(),
  /** The sensitive field that it was put in, and opens for: `private_key`. */
  field: text().notNull(),
  /** Sealed for `secret/<field>/<id>`. */
  sealed: text().notNull(),
  /** Of private keys: SHA-256 of the public key (SPKI), hex; `unreadable`; null where it cannot be told. */
  publicKey: text("public_key"),
  /** When a text was last stored with it. */
  usedAt: at("used_at").notNull(),
});

/** Single secrets of the appliance itself, each sealed for `setting/<name>`. */
export const sealedSetting = configSchema.table("sealed_setting", {
  name: text().primaryKey(),
  sealed: text().notNull(),
});

/** Which keys each running process has, so that no key becomes the current one that somebody lacks. */
export const keyHolder = configSchema.table(
  "key_holder",
  {
    /** Unique per process start. */
    process: text().notNull(),
    /** `control` or `admin`, and the machine's name. */
    label: text().notNull(),
    /** Ids, the current one first. */
    keys: jsonb().$type<readonly string[]>().notNull(),
    seenAt: at("seen_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.process] })],
);
