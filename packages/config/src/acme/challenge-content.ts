import { createHash } from "node:crypto";
import { asc, inArray, or } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import { acmeChallenge, managedCertificate } from "../schema/index.ts";
import { openAlpnChallenges } from "./challenges.ts";
import { challengeOf } from "./managed-certificates.ts";
import { type ManagedMaterial, secretOf } from "./managed-material.ts";

/** A certificate that is proven by TLS-ALPN-01. */
export interface AlpnCertificate {
  /** As listeners refer to it. */
  readonly name: string;
  /** The listener that answers; undefined: those that use it, and those with TLS on port 443. */
  readonly listener: string | undefined;
  /** Names of secrets that answer now, one for each of its host names; mostly there are none. */
  readonly secrets: readonly string[];
}

/** What nodes of a version answer authorities with, besides what the version holds. */
export interface ChallengeContent {
  /** HTTP-01, in every route configuration. */
  readonly http: boolean;
  readonly alpn: readonly AlpnCertificate[];
}

export const NO_CHALLENGES: ChallengeContent = { http: false, alpn: [] };

/** @param automatic the automatic certificates that the version refers to */
export async function challengeContent(
  executor: Executor,
  automatic: readonly string[],
): Promise<ChallengeContent> {
  const { name, requested } = managedCertificate;
  const rows = await executor
    .select()
    .from(managedCertificate)
    .where(or(requested, inArray(name, [...automatic])))
    .orderBy(asc(name));
  const proven = rows.filter((row) => challengeOf(row) === "tls-alpn-01");
  const { token, certificate, type } = acmeChallenge;
  const open =
    proven.length === 0
      ? []
      : await executor.select({ token, certificate, type }).from(acmeChallenge).orderBy(asc(token));
  return {
    http: automatic.length > 0 || rows.some((row) => challengeOf(row) === "http-01"),
    alpn: proven.map((row) => ({
      name: row.name,
      listener: row.listener ?? undefined,
      secrets: open
        .filter((each) => each.type === "tls-alpn-01" && each.certificate === row.name)
        .map((each) => challengeSecret(each.token)),
    })),
  };
}

/** The secrets that `content` names. */
export async function challengeMaterial(
  { sql, ring }: Pick<Context, "sql" | "ring">,
  { alpn }: ChallengeContent,
): Promise<readonly ManagedMaterial[]> {
  const names = alpn.filter(({ secrets }) => secrets.length > 0).map(({ name }) => name);
  if (ring === undefined || names.length === 0) return [];
  const open = await openAlpnChallenges({ sql, keys: ring }, names);
  return open
    .map(({ token, chain, keyPem }) => ({
      name: challengeSecret(token),
      hash: createHash("sha256").update(chain).digest("hex"),
      value: secretOf(challengeSecret(token), chain, keyPem),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function challengeSecret(token: string): string {
  return `sluice_acme_${token}`;
}
