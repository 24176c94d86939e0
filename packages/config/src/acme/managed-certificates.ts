import { asc, eq } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { managedCertificate } from "../schema/index.ts";
import type { AcmeChallengeType, CertificateChoice, ManagedCertificate } from "./acme-contract.ts";
import { hasWildcard } from "./automatic-name.ts";

export type ManagedRow = typeof managedCertificate.$inferSelect;

/** The automatic certificates that some version, or somebody, has asked for. `config.read`. */
export async function listManaged(context: Context): Promise<readonly ManagedCertificate[]> {
  await authorizeRead(context, "certificate.list");
  const rows = await context.db.select().from(managedCertificate).orderBy(asc(managedCertificate.name));
  return rows.map(shownManaged);
}

/** Has an automatic certificate renewed now, whatever the time; also one that failed. `secret.manage`. `not_found`. */
export async function renewCertificate(context: Context, name: string): Promise<void> {
  const attempt = {
    permission: "secret.manage",
    action: "certificate.renew",
    subject: `secrets/${name}`,
  } as const;
  await change(context, attempt, async (tx) => {
    const found = await tx
      .update(managedCertificate)
      .set({ dueAt: context.now() })
      .where(eq(managedCertificate.name, name))
      .returning({ name: managedCertificate.name });
    if (found.length === 0) throw missing(name);
    await appendAudit(tx, context, { action: "certificate.renew", subject: `secrets/${name}` });
    await notify(tx, CHANNELS.rollout, { acme: name });
  });
}

export function missing(name: string): ConfigError {
  return new ConfigError(
    "not_found",
    `nobody asked for a certificate '${name}', and no version that was published refers to it`,
  );
}

export function shownManaged(row: ManagedRow): ManagedCertificate {
  return {
    name: row.name,
    names: row.names,
    state: row.state,
    notAfter: row.notAfter,
    authority: row.authority ?? undefined,
    dueAt: row.dueAt,
    failures: row.failures,
    lastError: row.lastError ?? undefined,
    triedAt: row.triedAt ?? undefined,
    requested: row.requested,
    choice: choiceOf(row),
    challenge: challengeOf(row),
  };
}

export function choiceOf(row: ManagedRow): CertificateChoice {
  return {
    authority: row.wantedAuthority ?? undefined,
    challenge: row.challenge ?? undefined,
    dnsProvider: row.dnsProvider ?? undefined,
    listener: row.listener ?? undefined,
    keyType: row.keyType,
  };
}

export function challengeOf({
  challenge,
  names,
}: Pick<ManagedRow, "challenge" | "names">): AcmeChallengeType {
  return challenge ?? (hasWildcard(names) ? "dns-01" : "http-01");
}
