import { and, eq, gt, inArray, isNotNull, lt } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { acmeChallenge, acmeDnsProvider } from "../schema/index.ts";
import type { DnsProviderSettings } from "./acme-contract.ts";
import { dnsPurpose } from "./dns-providers.ts";
import type { AcmeContext } from "./work-on-certificates.ts";

const CHALLENGE_MS = 3_600_000;

/** What an authority looks for, while the order of `certificate` is under way. */
export type StoredChallenge = {
  readonly token: string;
  readonly keyAuthorization: string;
  readonly certificate: string;
} & (
  | { readonly type: "http-01" }
  | { readonly type: "tls-alpn-01"; readonly chain: string; readonly keyPem: string }
  | { readonly type: "dns-01"; readonly dnsProvider: string; readonly record: DnsRecord }
);

/** A TXT record. */
export interface DnsRecord {
  /** Absolute: `_acme-challenge.shop.example.` */
  readonly name: string;
  readonly value: string;
}

/** From now on nodes answer: HTTP-01 by way of the control plane, TLS-ALPN-01 once they have got what is injected. */
export async function storeChallenges(
  context: AcmeContext,
  challenges: readonly StoredChallenge[],
): Promise<void> {
  const expiresAt = new Date(context.now().getTime() + CHALLENGE_MS);
  const rows = challenges.map((challenge) => ({
    token: challenge.token,
    type: challenge.type,
    keyAuthorization: challenge.keyAuthorization,
    certificate: challenge.certificate,
    expiresAt,
    ...(challenge.type === "tls-alpn-01"
      ? {
          chain: challenge.chain,
          sealedKey: seal(context.keys, challengePurpose(challenge.token), Buffer.from(challenge.keyPem)),
        }
      : {}),
    ...(challenge.type === "dns-01"
      ? {
          dnsProvider: challenge.dnsProvider,
          recordName: challenge.record.name,
          recordValue: challenge.record.value,
        }
      : {}),
  }));
  await databaseOver(context.sql).transaction(async (tx) => {
    await tx
      .delete(acmeChallenge)
      .where(and(lt(acmeChallenge.expiresAt, context.now()), eq(acmeChallenge.type, "http-01")));
    await tx.insert(acmeChallenge).values(rows).onConflictDoNothing();
    if (rows.some(({ type }) => type === "tls-alpn-01")) await notify(tx, CHANNELS.rollout, { acme: "" });
  });
}

/** Nothing answers for them any more. */
export async function removeChallenges(context: NodeContext, tokens: readonly string[]): Promise<void> {
  if (tokens.length === 0) return;
  await databaseOver(context.sql).transaction(async (tx) => {
    const gone = await tx
      .delete(acmeChallenge)
      .where(inArray(acmeChallenge.token, [...tokens]))
      .returning({ type: acmeChallenge.type });
    if (gone.some(({ type }) => type === "tls-alpn-01")) await notify(tx, CHANNELS.rollout, { acme: "" });
  });
}

/** What an order that was broken off, of a replica that is gone, left behind; for whoever holds the lease. */
export async function leftChallenges(context: NodeContext): Promise<
  readonly {
    readonly token: string;
    readonly dnsProvider: string | undefined;
    readonly record: DnsRecord | undefined;
  }[]
> {
  const rows = await databaseOver(context.sql).select().from(acmeChallenge);
  return rows
    .filter(({ type }) => type !== "http-01")
    .map(({ token, dnsProvider, recordName, recordValue }) => ({
      token,
      dnsProvider: dnsProvider ?? undefined,
      record:
        recordName === null || recordValue === null ? undefined : { name: recordName, value: recordValue },
    }));
}

export async function readChallenge(context: NodeContext, token: string): Promise<string | undefined> {
  const { keyAuthorization, expiresAt, type } = acmeChallenge;
  const [row] = await databaseOver(context.sql)
    .select({ keyAuthorization })
    .from(acmeChallenge)
    .where(and(eq(acmeChallenge.token, token), eq(type, "http-01"), gt(expiresAt, context.now())));
  return row?.keyAuthorization;
}

/** TLS-ALPN-01 of these certificates: what nodes answer with, the keys in plain. */
export async function openAlpnChallenges(
  context: Pick<AcmeContext, "sql" | "keys">,
  certificates: readonly string[],
): Promise<readonly { readonly token: string; readonly chain: string; readonly keyPem: string }[]> {
  if (certificates.length === 0) return [];
  const rows = await databaseOver(context.sql)
    .select()
    .from(acmeChallenge)
    .where(and(inArray(acmeChallenge.certificate, [...certificates]), isNotNull(acmeChallenge.chain)));
  return rows.flatMap(({ token, chain, sealedKey }) =>
    chain === null || sealedKey === null
      ? []
      : [{ token, chain, keyPem: unseal(context.keys, challengePurpose(token), sealedKey).toString() }],
  );
}

export interface DnsProviderAccess {
  readonly name: string;
  readonly settings: DnsProviderSettings;
  readonly secret: string;
}

/** The provider of the name, or the default one, with its secret; undefined while there is none. */
export async function openDnsProvider(
  context: AcmeContext,
  wanted: string | undefined,
): Promise<DnsProviderAccess | undefined> {
  const [row] = await databaseOver(context.sql)
    .select()
    .from(acmeDnsProvider)
    .where(wanted === undefined ? undefined : eq(acmeDnsProvider.name, wanted))
    .orderBy(acmeDnsProvider.position)
    .limit(1);
  if (row === undefined) return undefined;
  const { name, settings, sealedSecret } = row;
  const secret = sealedSecret === null ? "" : unseal(context.keys, dnsPurpose(name), sealedSecret).toString();
  return { name, settings, secret };
}

function challengePurpose(token: string): string {
  return `acme-challenge/${token}`;
}
