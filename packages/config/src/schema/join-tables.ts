import { index, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** The roots that Sluice keeps; so far one, `nodes`. */
export const authority = configSchema.table("authority", {
  name: text().primaryKey(),
  /** PEM. */
  certificate: text().notNull(),
  /** PKCS #8 in PEM, sealed for `authority/<name>`. */
  sealedKey: text("sealed_key").notNull(),
  createdAt: at("created_at").notNull(),
});

export const joinToken = configSchema.table("join_token", {
  id: text().primaryKey(),
  /** SHA-256 of the secret part, which is random enough to need neither salt nor a slow hash. */
  hash: bytea().notNull(),
  note: text().notNull(),
  /** The only node id that it lets in; null: any that is not taken. */
  node: text(),
  labels: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
  usesMax: integer("uses_max").notNull(),
  uses: integer().notNull(),
  createdAt: at("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  expiresAt: at("expires_at").notNull(),
  lastUsedAt: at("last_used_at"),
  revokedAt: at("revoked_at"),
  revokedBy: text("revoked_by"),
});

export const nodeCertificate = configSchema.table(
  "node_certificate",
  {
    /** Hex, lower case. */
    serial: text().primaryKey(),
    node: text().notNull(),
    labels: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
    issuedAt: at("issued_at").notNull(),
    notAfter: at("not_after").notNull(),
    /** The token that first let the node in; renewals keep it. */
    token: text().notNull(),
    /** Serial of the certificate that it was renewed with. */
    renewedFrom: text("renewed_from"),
    peer: text().notNull(),
    revokedAt: at("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (table) => [
    index("node_certificate_node").on(table.node),
    index("node_certificate_not_after").on(table.notAfter),
  ],
);
