import type { Grant } from "@sluice/config";
import { boolean, index, integer, jsonb, pgSchema, text, timestamp } from "drizzle-orm/pg-core";
import type { PasswordSignIn, RoleRule } from "../sign-on/sign-on-contract.ts";

/** Who may sign in, and how often somebody tried; the dashboard's own part of the database. */
export const authSchema = pgSchema("auth");

const when = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const user = authSchema.table("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text("image"),
  /** Name of a built-in role or of a row of `role`. */
  role: text("role").notNull().default("viewer"),
  twoFactorEnabled: boolean("two_factor_enabled").notNull().default(false),
  /** Since when the person may not sign in, in any way. */
  disabledAt: when("disabled_at"),
  createdAt: when("created_at").notNull().defaultNow(),
  updatedAt: when("updated_at").notNull().defaultNow(),
});

/** Roles that people made, beside the built-in ones. */
export const role = authSchema.table("role", {
  name: text("name").primaryKey(),
  description: text("description").notNull(),
  grants: jsonb("grants").$type<readonly Grant[]>().notNull(),
  revision: integer("revision").notNull().default(1),
  updatedAt: when("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** What scripts sign in with: a person's rights, or a part of them. */
export const apiToken = authSchema.table(
  "api_token",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** SHA-256 of the secret part, hex; it is random enough to need neither salt nor a slow hash. */
    hash: text("hash").notNull(),
    grants: jsonb("grants").$type<readonly Grant[]>().notNull(),
    createdAt: when("created_at").notNull(),
    expiresAt: when("expires_at").notNull(),
    lastUsedAt: when("last_used_at"),
    lastUsedAddress: text("last_used_address"),
    revokedAt: when("revoked_at"),
    revokedBy: text("revoked_by"),
  },
  (table) => [index("api_token_user_id").on(table.userId)],
);

/** One-time links: to a new account, or to a new password for the person `userId`. */
export const invitation = authSchema.table(
  "invitation",
  {
    id: text("id").primaryKey(),
    /** SHA-256 of the link's secret, hex. */
    hash: text("hash").notNull(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    /** Of a new account. */
    role: text("role"),
    userId: text("user_id").references(() => user.id, { onDelete: "cascade" }),
    createdAt: when("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    expiresAt: when("expires_at").notNull(),
    usedAt: when("used_at"),
    revokedAt: when("revoked_at"),
  },
  (table) => [index("invitation_email").on(table.email)],
);

export const session = authSchema.table(
  "session",
  {
    id: text("id").primaryKey(),
    token: text("token").notNull().unique(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    expiresAt: when("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: when("created_at").notNull().defaultNow(),
    updatedAt: when("updated_at").notNull().defaultNow(),
  },
  (table) => [index("session_user_id").on(table.userId)],
);

export const account = authSchema.table(
  "account",
  {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: when("access_token_expires_at"),
    refreshTokenExpiresAt: when("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: when("created_at").notNull().defaultNow(),
    updatedAt: when("updated_at").notNull().defaultNow(),
  },
  (table) => [index("account_user_id").on(table.userId)],
);

export const verification = authSchema.table(
  "verification",
  {
    id: text("id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: when("expires_at").notNull(),
    createdAt: when("created_at").notNull().defaultNow(),
    updatedAt: when("updated_at").notNull().defaultNow(),
  },
  (table) => [index("verification_identifier").on(table.identifier)],
);

/** Time-based one-time passwords (RFC 6238). Secret and backup codes are encrypted with the key that signs cookies. */
export const twoFactor = authSchema.table(
  "two_factor",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    secret: text("secret").notNull(),
    backupCodes: text("backup_codes").notNull(),
    /** False until the first code was right: nobody locks themselves out with an app that was not set up. */
    verified: boolean("verified").notNull().default(false),
    failedVerificationCount: integer("failed_verification_count").notNull().default(0),
    lockedUntil: when("locked_until"),
    /** Of the newest code that was taken, in steps of 30 s: no code is taken twice, nor an older one later. */
    lastUsedStep: integer("last_used_step").notNull().default(0),
  },
  (table) => [index("two_factor_user_id").on(table.userId)],
);

/** What people sign in with instead of password and code: the public half of a key pair of theirs (WebAuthn). */
export const passkey = authSchema.table(
  "passkey",
  {
    id: text("id").primaryKey(),
    name: text("name"),
    publicKey: text("public_key").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    credentialID: text("credential_id").notNull().unique(),
    counter: integer("counter").notNull(),
    deviceType: text("device_type").notNull(),
    backedUp: boolean("backed_up").notNull(),
    transports: text("transports"),
    createdAt: when("created_at"),
    aaguid: text("aaguid"),
  },
  (table) => [index("passkey_user_id").on(table.userId)],
);

/** OpenID providers with which people sign on; the client secret is sealed as setting `sign-on/<id>`. */
export const signOnProvider = authSchema.table("sign_on_provider", {
  /** Part of the callback's address, and the `providerId` of its accounts. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  enabled: boolean("enabled").notNull(),
  issuer: text("issuer").notNull(),
  clientId: text("client_id").notNull(),
  scopes: jsonb("scopes").$type<readonly string[]>().notNull(),
  domains: jsonb("domains").$type<readonly string[]>().notNull(),
  rolesClaim: text("roles_claim"),
  roleRules: jsonb("role_rules").$type<readonly RoleRule[]>().notNull(),
  defaultRole: text("default_role"),
  createAccounts: boolean("create_accounts").notNull(),
  linkByEmail: boolean("link_by_email").notNull(),
  trustEmail: boolean("trust_email").notNull(),
  trust: text("trust"),
  updatedAt: when("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** One row, or none: the defaults. */
export const signOnPolicy = authSchema.table("sign_on_policy", {
  id: boolean("id").primaryKey().default(true),
  passwordSignIn: text("password_sign_in").$type<PasswordSignIn>().notNull().default("everyone"),
  /** Since when a second factor is compulsory; null: it is not. */
  secondFactorSince: when("second_factor_since"),
  secondFactorGraceDays: integer("second_factor_grace_days").notNull().default(7),
});

/** One counter per address and per account; in the database so that replicas count together. */
export const signInAttempt = authSchema.table("sign_in_attempt", {
  /** `address:203.0.113.7`, `account:someone@example.org`. */
  key: text("key").primaryKey(),
  count: integer("count").notNull(),
  windowStartedAt: when("window_started_at").notNull(),
});
