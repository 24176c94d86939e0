import { integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** The ACME authorities that automatic certificates come from. */
export const acmeAuthority = configSchema.table("acme_authority", {
  name: text().primaryKey(),
  /** The only one that does has the least position. */
  position: integer().notNull(),
  directoryUrl: text("directory_url").notNull(),
  email: text(),
  /** PEM: roots that the directory's own certificate is under, where it is not a public one. */
  trust: text(),
  eabKid: text("eab_kid"),
  /** Sealed for `acme-eab/<name>`. */
  sealedEab: text("sealed_eab"),
  accountUrl: text("account_url"),
  /** Sealed for `acme-account/<name>`. */
  sealedAccountKey: text("sealed_account_key"),
  updatedAt: at("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** Certificates whose material is outside of versions: a version refers to one by name, `automatic:a.example,b.example`. */
export const managedCertificate = configSchema.table("managed_certificate", {
  name: text().primaryKey(),
  names: jsonb().$type<readonly string[]>().notNull(),
  /** `temporary`: self-signed, so that listeners come up before the first one is there. */
  state: text().$type<"temporary" | "issued">().notNull(),
  /** PEM. */
  chain: text().notNull(),
  /** PKCS #8 in PEM, sealed for `managed/<name>`. */
  sealedKey: text("sealed_key").notNull(),
  notAfter: at("not_after").notNull(),
  /** The authority that it is from. */
  authority: text(),
  /** When it is tried to get one, or another. */
  dueAt: at("due_at").notNull(),
  /** Attempts since the last success. */
  failures: integer().notNull(),
  lastError: text("last_error"),
  triedAt: at("tried_at"),
  updatedAt: at("updated_at").notNull(),
});

/** What a node's answer to an HTTP-01 challenge is, while an order is under way. */
export const acmeChallenge = configSchema.table("acme_challenge", {
  token: text().primaryKey(),
  keyAuthorization: text("key_authorization").notNull(),
  expiresAt: at("expires_at").notNull(),
});
