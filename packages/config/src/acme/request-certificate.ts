import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { targetsIn } from "../rollout/read-targets.ts";
import { acmeAuthority, acmeDnsProvider, managedCertificate } from "../schema/index.ts";
import { readVersion } from "../version/read-live.ts";
import type { CertificateChoice, ManagedCertificate } from "./acme-contract.ts";
import { automaticName, automaticProblem, hasWildcard } from "./automatic-name.ts";
import { choiceOf, missing, shownManaged } from "./managed-certificates.ts";
import { managedMaterial } from "./managed-material.ts";

export interface RequestCertificateInput extends Partial<CertificateChoice> {
  /** Host names, the first being the one that the certificate is known by; wildcards (`*.a.example`) need DNS-01. */
  readonly names: readonly string[];
}

/**
 * Asks for an automatic certificate, or chooses anew how one is got: listeners refer to it as `automatic:` and its names. It is
 * ordered at once, whether or not a listener does. What is left out is decided when it is ordered. `secret.manage`. `invalid`.
 */
export async function requestCertificate(
  context: Context,
  input: RequestCertificateInput,
): Promise<ManagedCertificate> {
  const name = automaticName(input.names);
  const subject = `secrets/${name}`;
  const attempt = { permission: "secret.manage", action: "certificate.request", subject } as const;
  return await change(context, attempt, async (tx) => {
    await refuseInvalid(tx, name, input);
    if (context.ring === undefined)
      throw new ConfigError("invalid", "this server has no secret key to seal a certificate's key with");
    await managedMaterial(tx, context.ring, [name]);
    const values = {
      requested: true,
      wantedAuthority: input.authority ?? null,
      challenge: input.challenge ?? null,
      dnsProvider: input.dnsProvider ?? null,
      listener: input.listener ?? null,
      keyType: input.keyType ?? "ec-p256",
    } as const;
    const [row] = await tx
      .update(managedCertificate)
      .set({ ...values, dueAt: context.now(), updatedAt: context.now() })
      .where(eq(managedCertificate.name, name))
      .returning();
    if (row === undefined) throw new Error("a requested certificate was not stored");
    await appendAudit(tx, context, { action: "certificate.request", subject, details: { ...choiceOf(row) } });
    await notify(tx, CHANNELS.rollout, { acme: name });
    return shownManaged(row);
  });
}

/**
 * Forgets an automatic certificate, its key, and what was chosen of it. `secret.manage`. `not_found`, `in_use` while a version that
 * nodes are told to run refers to it.
 */
export async function removeManaged(context: Context, name: string): Promise<void> {
  const subject = `secrets/${name}`;
  const attempt = { permission: "secret.manage", action: "certificate.remove", subject } as const;
  await change(context, attempt, async (tx) => {
    const version = await versionWith(tx, name);
    if (version !== undefined)
      throw new ConfigError("conflict", `version ${version}, which nodes run, refers to '${name}'`, {
        by: undefined,
        at: context.now().toISOString(),
      });
    const gone = await tx.delete(managedCertificate).where(eq(managedCertificate.name, name)).returning();
    if (gone.length === 0) throw missing(name);
    await appendAudit(tx, context, { action: "certificate.remove", subject });
    await notify(tx, CHANNELS.rollout, { acme: name });
  });
}

async function versionWith(tx: Transaction, name: string): Promise<number | undefined> {
  const { groups } = await targetsIn(tx);
  for (const number of groups.flatMap(({ version, canary }) => [version ?? 0, canary?.version ?? 0])) {
    const automatic = (await readVersion(tx, number))?.kinds.secrets.automatic ?? [];
    if (automatic.includes(name)) return number;
  }
  return undefined;
}

async function refuseInvalid(tx: Transaction, name: string, input: RequestCertificateInput): Promise<void> {
  const refuse = (message: string): never => {
    throw new ConfigError("invalid", message);
  };
  const problem = automaticProblem(name);
  if (problem !== undefined) refuse(problem);
  const { authority, challenge, dnsProvider, listener } = input;
  if (hasWildcard(input.names) && challenge !== undefined && challenge !== "dns-01")
    refuse(`a wildcard can be proven by dns-01 alone, not by ${challenge}`);
  if (dnsProvider !== undefined && challenge !== "dns-01" && !hasWildcard(input.names))
    refuse("a DNS provider is for the challenge dns-01");
  if (listener !== undefined && challenge !== "tls-alpn-01")
    refuse("a listener is for the challenge tls-alpn-01");
  if (authority !== undefined) {
    const { name: key } = acmeAuthority;
    const known = await tx.select({ key }).from(acmeAuthority).where(eq(key, authority));
    if (known.length === 0) refuse(`there is no authority '${authority}'`);
  }
  if (dnsProvider !== undefined) {
    const { name: key } = acmeDnsProvider;
    const known = await tx.select({ key }).from(acmeDnsProvider).where(eq(key, dnsProvider));
    if (known.length === 0) refuse(`there is no DNS provider '${dnsProvider}'`);
  }
}
