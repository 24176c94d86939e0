import { boolean, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import type { AcmeChallengeType, CertificateKeyType, DnsProviderSettings } from "../acme/acme-contract.ts";
import { configSchema } from "./config-schema.ts";
import { node } from "./node-tables.ts";

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
  /** Somebody asked for it: it is got whether or not a version refers to it. */
  requested: boolean().notNull().default(false),
  /** The authority that it shall come from; null: the default one. */
  wantedAuthority: text("wanted_authority"),
  /** Null: DNS-01 for wildcards, else HTTP-01. */
  challenge: text().$type<AcmeChallengeType>(),
  /** Who publishes its DNS-01 records; null: the default one. */
  dnsProvider: text("dns_provider"),
  /** The listener that answers its TLS-ALPN-01; null: those that use it, and those on port 443. */
  listener: text(),
  keyType: text("key_type").$type<CertificateKeyType>().notNull().default("ec-p256"),
  /** When it is tried to get one, or another. */
  dueAt: at("due_at").notNull(),
  /** Attempts since the last success. */
  failures: integer().notNull(),
  lastError: text("last_error"),
  triedAt: at("tried_at"),
  updatedAt: at("updated_at").notNull(),
});

/** What is there to be seen by an authority while an order is under way. */
export const acmeChallenge = configSchema.table("acme_challenge", {
  token: text().primaryKey(),
  type: text().$type<AcmeChallengeType>().notNull().default("http-01"),
  keyAuthorization: text("key_authorization").notNull(),
  /** The certificate that is ordered. */
  certificate: text().notNull().default(""),
  /** TLS-ALPN-01: the certificate that answers for one name, PEM. */
  chain: text(),
  /** Of `chain`, sealed for `acme-challenge/<token>`. */
  sealedKey: text("sealed_key"),
  /** DNS-01: who has the record, so that it is taken away also after a crash. */
  dnsProvider: text("dns_provider"),
  /** DNS-01: the record's name, absolute. */
  recordName: text("record_name"),
  recordValue: text("record_value"),
  expiresAt: at("expires_at").notNull(),
});

/** Who publishes records for DNS-01. */
export const acmeDnsProvider = configSchema.table("acme_dns_provider", {
  name: text().primaryKey(),
  /** The default one has the least position. */
  position: integer().notNull(),
  settings: jsonb().$type<DnsProviderSettings>().notNull(),
  /** Sealed for `acme-dns/<name>`. */
  sealedSecret: text("sealed_secret"),
  updatedAt: at("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** What a node's own stats show of automatic certificates and challenges, which change without a version. */
export const nodeManaged = configSchema.table("node_managed", {
  node: text()
    .primaryKey()
    .references(() => node.id, { onDelete: "cascade" }),
  /** `managedRevision` of what its listeners run; null: of nothing that is known. */
  revision: text(),
  /** SHA-256 of the certificate that is in force, hex, by the certificate's name. */
  fingerprints: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
});
