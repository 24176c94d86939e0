import { index, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "./bytea.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

/** The roots that Sluice keeps, by their part: see `authority/authority-names.ts`. */
export const authority = configSchema.table("authority", {
  name: text().primaryKey(),
  /** PEM. */
  certificate: text().notNull(),
  /** PKCS #8 in PEM, sealed for `authority/nodes`, whatever its part. */
  sealedKey: text("sealed_key").notNull(),
  createdAt: at("created_at").notNull(),
});

/** A change of roots that is under way: at most one row. */
export const authorityRotation = configSchema.table("authority_rotation", {
  name: text().primaryKey(),
  phase: text().$type<"trusting" | "signing">().notNull(),
  since: at("since").notNull(),
  by: text().notNull(),
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
    /** Fingerprint of the root that signed it; "": the first root, before there were others. */
    authority: text().notNull().default(""),
    /** Fingerprints of the roots that the node was told to trust with it, apart by blanks. */
    trusts: text().notNull().default(""),
    revokedAt: at("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (table) => [
    index("node_certificate_node").on(table.node),
    index("node_certificate_not_after").on(table.notAfter),
  ],
);
