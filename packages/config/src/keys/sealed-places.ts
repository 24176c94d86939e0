import { type SQL, sql } from "drizzle-orm";

/** A column with sealed texts, and what each is sealed for. */
interface SealedPlace {
  readonly table: SQL;
  readonly key: SQL;
  readonly column: SQL;
  readonly purpose: SQL;
}

/** Everything in this schema that is sealed: rotation goes through it, and a key that nothing here names may go. */
export const SEALED_PLACES: readonly SealedPlace[] = [
  {
    table: sql`config.secret_value`,
    key: sql`id`,
    column: sql`sealed`,
    purpose: sql`'secret/' || field || '/' || id`,
  },
  {
    table: sql`config.sealed_setting`,
    key: sql`name`,
    column: sql`sealed`,
    purpose: sql`'setting/' || name`,
  },
  {
    table: sql`config.authority`,
    key: sql`name`,
    column: sql`sealed_key`,
    purpose: sql`'authority/nodes'`,
  },
  {
    table: sql`config.managed_certificate`,
    key: sql`name`,
    column: sql`sealed_key`,
    purpose: sql`'managed/' || name`,
  },
  {
    table: sql`config.acme_authority`,
    key: sql`name`,
    column: sql`sealed_account_key`,
    purpose: sql`'acme-account/' || name`,
  },
  {
    table: sql`config.acme_authority`,
    key: sql`name`,
    column: sql`sealed_eab`,
    purpose: sql`'acme-eab/' || name`,
  },
  {
    table: sql`config.acme_dns_provider`,
    key: sql`name`,
    column: sql`sealed_secret`,
    purpose: sql`'acme-dns/' || name`,
  },
  {
    table: sql`config.acme_challenge`,
    key: sql`token`,
    column: sql`sealed_key`,
    purpose: sql`'acme-challenge/' || token`,
  },
  {
    table: sql`config.notification_channel`,
    key: sql`name`,
    column: sql`sealed_secret`,
    purpose: sql`'notification/' || name`,
  },
  ...["credentials", "webhook", "content"].map((part) => ({
    table: sql`config.source`,
    key: sql`name`,
    column: sql.raw(`sealed_${part}`),
    purpose: sql.raw(`'source/' || name || '/${part}'`),
  })),
];

/** The id of the key that a sealed text names. */
export function keyIdOf(column: SQL): SQL {
  return sql`split_part(${column}, '.', 2)`;
}
