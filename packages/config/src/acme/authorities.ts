import { X509Certificate } from "node:crypto";
import { asc, eq, ne, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { seal } from "../envelope/envelope.ts";
import { acmeAuthority, managedCertificate } from "../schema/index.ts";
import type { AcmeAuthority } from "./acme-contract.ts";

export interface PutAuthorityInput {
  readonly name: string;
  /** `https:`. */
  readonly directoryUrl: string;
  readonly email?: string | undefined;
  readonly trust?: string | undefined;
  /** External account binding, both or none; without `eabKey` a stored one of the same `eabKid` stays. */
  readonly eabKid?: string | undefined;
  /** Base64url, as the authority gives it. */
  readonly eabKey?: string | undefined;
  /** Whoever puts it agrees to the authority's terms of service. */
  readonly termsAgreed: boolean;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;

/** The authorities, the default one first. `config.read`. */
export async function listAuthorities(context: Context): Promise<readonly AcmeAuthority[]> {
  await authorizeRead(context, "acme.list");
  const rows = await context.db.select().from(acmeAuthority).orderBy(asc(acmeAuthority.position));
  return rows.map((row, index) => shown(row, index === 0));
}

/** Adds an authority, or changes one, and makes it the default. What is due is tried at once. `settings.manage`. `invalid`. */
export async function putAuthority(context: Context, input: PutAuthorityInput): Promise<AcmeAuthority> {
  const subject = `acme/${input.name}`;
  return await change(context, { permission: "settings.manage", action: "acme.put", subject }, async (tx) => {
    refuseInvalid(input);
    const [before] = await tx
      .select()
      .from(acmeAuthority)
      .where(eq(acmeAuthority.name, input.name))
      .for("update");
    const binding = bindingOf(context, input, before);
    const same =
      before?.directoryUrl === input.directoryUrl &&
      before.eabKid === binding.eabKid &&
      input.eabKey === undefined;
    const values = {
      position: 0,
      directoryUrl: input.directoryUrl,
      email: input.email ?? null,
      trust: input.trust ?? null,
      ...binding,
      // Another directory, or another binding, knows nothing of the account.
      ...(same ? {} : { accountUrl: null, sealedAccountKey: null }),
      updatedAt: context.now(),
      updatedBy: context.actor.name,
    };
    await tx
      .update(acmeAuthority)
      .set({ position: sql`${acmeAuthority.position} + 1` })
      .where(ne(acmeAuthority.name, input.name));
    const [row] = await tx
      .insert(acmeAuthority)
      .values({ name: input.name, ...values })
      .onConflictDoUpdate({ target: acmeAuthority.name, set: values })
      .returning();
    await tx.update(managedCertificate).set({ dueAt: context.now() }).where(sql`last_error is not null`);
    const details = { directoryUrl: input.directoryUrl, email: input.email ?? null, eabKid: binding.eabKid };
    await appendAudit(tx, context, { action: "acme.put", subject, details });
    await notify(tx, CHANNELS.rollout, { acme: input.name });
    if (row === undefined) throw new Error("an authority was not stored");
    return shown(row, true);
  });
}

/** `settings.manage`, `not_found`. Certificates from it stay; the next authority renews them, also those that chose this one. */
export async function removeAuthority(context: Context, name: string): Promise<void> {
  const attempt = { permission: "settings.manage", action: "acme.remove", subject: `acme/${name}` } as const;
  await change(context, attempt, async (tx) => {
    const gone = await tx.delete(acmeAuthority).where(eq(acmeAuthority.name, name)).returning();
    if (gone.length === 0) throw new ConfigError("not_found", `there is no authority '${name}'`);
    await tx
      .update(managedCertificate)
      .set({ wantedAuthority: null })
      .where(eq(managedCertificate.wantedAuthority, name));
    await appendAudit(tx, context, { action: "acme.remove", subject: `acme/${name}` });
    await notify(tx, CHANNELS.rollout, { acme: name });
  });
}

export type AuthorityRow = typeof acmeAuthority.$inferSelect;

/** That of the name; without one the default. */
export async function readAuthority(
  executor: Executor,
  name: string | undefined,
): Promise<AuthorityRow | undefined> {
  const [row] = await executor
    .select()
    .from(acmeAuthority)
    .where(name === undefined ? undefined : eq(acmeAuthority.name, name))
    .orderBy(asc(acmeAuthority.position))
    .limit(1);
  return row;
}

export function eabPurpose(name: string): string {
  return `acme-eab/${name}`;
}

function bindingOf({ ring: keys }: Context, input: PutAuthorityInput, before: AuthorityRow | undefined) {
  const { eabKid, eabKey, name } = input;
  if (eabKid === undefined) return { eabKid: null, sealedEab: null };
  if (eabKey !== undefined) {
    if (keys === undefined)
      throw new ConfigError("invalid", "this server has no secret key to seal the binding with");
    return { eabKid, sealedEab: seal(keys, eabPurpose(name), Buffer.from(eabKey, "base64url")) };
  }
  if (before?.eabKid === eabKid) return { eabKid, sealedEab: before.sealedEab };
  throw new ConfigError("invalid", "an external account binding has a key too: give what the authority gave");
}

function refuseInvalid({ name, directoryUrl, trust, eabKid, eabKey, termsAgreed }: PutAuthorityInput): void {
  const refuse = (message: string) => {
    throw new ConfigError("invalid", message);
  };
  if (!NAME.test(name)) refuse("an authority's name has letters, digits and ._- and up to 64 characters");
  if (URL.parse(directoryUrl)?.protocol !== "https:")
    refuse("the directory is an address that begins with https://");
  if (!termsAgreed) refuse("agree to the authority's terms of service");
  if (eabKid === undefined && eabKey !== undefined) refuse("an external account binding has a key id too");
  if (eabKey !== undefined && !/^[A-Za-z0-9_-]{16,}=*$/.test(eabKey))
    refuse("the binding's key is base64url");
  try {
    if (trust !== undefined) new X509Certificate(trust);
  } catch {
    refuse("the roots to trust are certificates in PEM");
  }
}

function shown(row: AuthorityRow, isDefault: boolean): AcmeAuthority {
  return {
    name: row.name,
    directoryUrl: row.directoryUrl,
    email: row.email ?? undefined,
    trust: row.trust ?? undefined,
    eabKid: row.eabKid ?? undefined,
    registered: row.accountUrl !== null,
    isDefault,
    updatedAt: row.updatedAt,
    updatedBy: row.updatedBy,
  };
}
