import { and, asc, eq, inArray, lte, or } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { readTargets } from "../rollout/read-targets.ts";
import { acmeAuthority, managedCertificate } from "../schema/index.ts";
import { readVersion } from "../version/read-live.ts";
import type { AcmeChallengeType, CertificateChoice } from "./acme-contract.ts";
import { eabPurpose, readAuthority } from "./authorities.ts";
import { challengeOf, choiceOf } from "./managed-certificates.ts";
import { managedMaterial, managedPurpose } from "./managed-material.ts";

/** For the control plane's engine alone: what it works with holds keys in plain. */
export interface AcmeContext extends NodeContext {
  readonly keys: KeyRing;
}

export interface DueCertificate {
  readonly name: string;
  readonly names: readonly string[];
  readonly failures: number;
  readonly renewal: boolean;
  readonly challenge: AcmeChallengeType;
  readonly choice: CertificateChoice;
}

export interface AcmeAccess {
  readonly name: string;
  readonly directoryUrl: string;
  readonly email: string | undefined;
  readonly trust: string | undefined;
  readonly binding: { readonly kid: string; readonly key: Buffer } | undefined;
  readonly account: { readonly url: string; readonly keyPem: string } | undefined;
}

const SYSTEM = { id: "system", name: "system", role: "admin" } as const;

/** Those that are due, of the ones that somebody asked for or a version which nodes are told to run refers to; the longest due first. */
export async function dueCertificates(context: AcmeContext): Promise<readonly DueCertificate[]> {
  const db = databaseOver(context.sql);
  const { groups } = await readTargets(context);
  const numbers = new Set(groups.flatMap(({ version, canary }) => [version ?? 0, canary?.version ?? 0]));
  const wanted = new Set<string>();
  for (const number of numbers)
    for (const name of (await readVersion(db, number))?.kinds.secrets.automatic ?? []) wanted.add(name);
  await managedMaterial(db, context.keys, [...wanted]);
  const { name, requested, dueAt } = managedCertificate;
  const rows = await db
    .select()
    .from(managedCertificate)
    .where(and(or(requested, inArray(name, [...wanted])), lte(dueAt, context.now())))
    .orderBy(asc(dueAt));
  return rows.map((row) => ({
    name: row.name,
    names: row.names,
    failures: row.failures,
    renewal: row.state === "issued",
    challenge: challengeOf(row),
    choice: choiceOf(row),
  }));
}

/** The authority of the name, or the default one, with its secrets; undefined while there is none. */
export async function openAuthority(
  context: AcmeContext,
  wanted: string | undefined,
): Promise<AcmeAccess | undefined> {
  const row = await readAuthority(databaseOver(context.sql), wanted);
  if (row === undefined) return undefined;
  const { name, directoryUrl, email, trust, eabKid, sealedEab, accountUrl, sealedAccountKey } = row;
  const open = (purpose: string, sealed: string) => unseal(context.keys, purpose, sealed);
  return {
    name,
    directoryUrl,
    email: email ?? undefined,
    trust: trust ?? undefined,
    binding:
      eabKid === null || sealedEab === null
        ? undefined
        : { kid: eabKid, key: open(eabPurpose(name), sealedEab) },
    account:
      accountUrl === null || sealedAccountKey === null
        ? undefined
        : { url: accountUrl, keyPem: open(accountPurpose(name), sealedAccountKey).toString() },
  };
}

export async function storeAccount(
  context: AcmeContext,
  authority: string,
  account: NonNullable<AcmeAccess["account"]>,
): Promise<void> {
  const sealedAccountKey = seal(context.keys, accountPurpose(authority), Buffer.from(account.keyPem));
  await databaseOver(context.sql)
    .update(acmeAuthority)
    .set({ accountUrl: account.url, sealedAccountKey })
    .where(eq(acmeAuthority.name, authority));
}

function accountPurpose(name: string): string {
  return `acme-account/${name}`;
}

/** The certificate goes to the nodes at once. `dueAt`: when it shall be renewed. */
export async function storeIssued(
  context: AcmeContext,
  issued: {
    readonly name: string;
    readonly authority: string;
    readonly chain: string;
    readonly keyPem: string;
    readonly notAfter: Date;
    readonly dueAt: Date;
    readonly renewal: boolean;
  },
): Promise<void> {
  const { name, authority, chain, notAfter, dueAt } = issued;
  await databaseOver(context.sql).transaction(async (tx) => {
    await tx
      .update(managedCertificate)
      .set({
        state: "issued",
        authority,
        chain,
        sealedKey: seal(context.keys, managedPurpose(name), Buffer.from(issued.keyPem)),
        notAfter,
        dueAt,
        failures: 0,
        lastError: null,
        triedAt: context.now(),
        updatedAt: context.now(),
      })
      .where(eq(managedCertificate.name, name));
    await appendAudit(
      tx,
      { ...context, actor: SYSTEM },
      {
        action: issued.renewal ? "certificate.renewed" : "certificate.issued",
        subject: `secrets/${name}`,
        details: { authority, notAfter: notAfter.toISOString(), next: dueAt.toISOString() },
      },
    );
    await notify(tx, CHANNELS.rollout, { acme: name });
  });
}

/** The one that is in use stays. */
export async function storeFailure(
  context: NodeContext,
  failed: { readonly name: string; readonly failures: number; readonly reason: string; readonly dueAt: Date },
): Promise<void> {
  const { name, failures, reason, dueAt } = failed;
  await databaseOver(context.sql).transaction(async (tx) => {
    const values = { failures, lastError: reason, triedAt: context.now(), dueAt };
    await tx.update(managedCertificate).set(values).where(eq(managedCertificate.name, name));
    await appendAudit(
      tx,
      { ...context, actor: SYSTEM },
      {
        action: "certificate.failed",
        subject: `secrets/${name}`,
        details: { reason, failures, next: dueAt.toISOString() },
      },
    );
    await notify(tx, CHANNELS.rollout, { acme: name });
  });
}
