import { asc, eq, ne, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { seal } from "../envelope/envelope.ts";
import { newSigningKey } from "../notification/channel-secret.ts";
import { acmeDnsProvider, managedCertificate } from "../schema/index.ts";
import type { DnsProvider, DnsProviderSettings } from "./acme-contract.ts";
import { requireDnsSecret, requireDnsSettings } from "./dns-provider-settings.ts";

export interface PutDnsProviderInput {
  readonly name: string;
  readonly settings: DnsProviderSettings;
  /** Of a webhook the signing key, `whsec_` and base64; default: the stored one, else a new one. Of dynamic updates the key's secret in
   * base64; default: the stored one. */
  readonly secret?: string | undefined;
}

export interface PutDnsProviderResult {
  readonly provider: DnsProvider;
  /** A signing key that was made here: shown this once. */
  readonly signingKey: string | undefined;
}

/** Who publishes records for DNS-01, the default one first. `config.read`. */
export async function listDnsProviders(context: Context): Promise<readonly DnsProvider[]> {
  await authorizeRead(context, "acme.list");
  const rows = await context.db.select().from(acmeDnsProvider).orderBy(asc(acmeDnsProvider.position));
  return rows.map((row, index) => shown(row, index === 0));
}

/** Adds one, or changes one, and makes it the default. What is due is tried at once. `settings.manage`. `invalid`. */
export async function putDnsProvider(
  context: Context,
  input: PutDnsProviderInput,
): Promise<PutDnsProviderResult> {
  const { name } = input;
  const subject = `dns-provider/${name}`;
  const attempt = { permission: "settings.manage", action: "acme.putDnsProvider", subject } as const;
  return await change(context, attempt, async (tx) => {
    const settings = requireDnsSettings(name, input.settings);
    const [before] = await tx
      .select()
      .from(acmeDnsProvider)
      .where(eq(acmeDnsProvider.name, name))
      .for("update");
    const { kind } = settings;
    const kept = before?.settings.kind === kind ? before.sealedSecret : null;
    const missing = input.secret === undefined && kept === null;
    if (missing && kind === "rfc2136") throw new ConfigError("invalid", "give the key's secret, in base64");
    const made = missing ? newSigningKey() : undefined;
    const secret = input.secret ?? made;
    if (secret !== undefined) requireDnsSecret(kind, secret);
    const values = {
      position: 0,
      settings,
      sealedSecret: secret === undefined ? kept : sealed(context, name, secret),
      updatedAt: context.now(),
      updatedBy: context.actor.name,
    };
    await tx
      .update(acmeDnsProvider)
      .set({ position: sql`${acmeDnsProvider.position} + 1` })
      .where(ne(acmeDnsProvider.name, name));
    const [row] = await tx
      .insert(acmeDnsProvider)
      .values({ name, ...values })
      .onConflictDoUpdate({ target: acmeDnsProvider.name, set: values })
      .returning();
    if (row === undefined) throw new Error("a DNS provider was not stored");
    await tx.update(managedCertificate).set({ dueAt: context.now() }).where(sql`last_error is not null`);
    await appendAudit(tx, context, { action: attempt.action, subject, details: { settings } });
    await notify(tx, CHANNELS.rollout, { acme: name });
    return { provider: shown(row, true), signingKey: made };
  });
}

/** Certificates that named it use the default one from then on. `settings.manage`, `not_found`. */
export async function removeDnsProvider(context: Context, name: string): Promise<void> {
  const subject = `dns-provider/${name}`;
  const attempt = { permission: "settings.manage", action: "acme.removeDnsProvider", subject } as const;
  await change(context, attempt, async (tx) => {
    const gone = await tx.delete(acmeDnsProvider).where(eq(acmeDnsProvider.name, name)).returning();
    if (gone.length === 0) throw new ConfigError("not_found", `there is no DNS provider '${name}'`);
    await tx
      .update(managedCertificate)
      .set({ dnsProvider: null })
      .where(eq(managedCertificate.dnsProvider, name));
    await appendAudit(tx, context, { action: attempt.action, subject });
  });
}

export function dnsPurpose(name: string): string {
  return `acme-dns/${name}`;
}

function sealed({ ring }: Context, name: string, secret: string): string {
  if (ring === undefined)
    throw new ConfigError("invalid", "this server has no secret key to seal the provider's with");
  return seal(ring, dnsPurpose(name), Buffer.from(secret));
}

function shown(row: typeof acmeDnsProvider.$inferSelect, isDefault: boolean): DnsProvider {
  const { name, settings, updatedAt, updatedBy } = row;
  return { name, settings, isDefault, updatedAt, updatedBy };
}
