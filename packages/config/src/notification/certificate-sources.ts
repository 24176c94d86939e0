import { and, desc, gt, isNull } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { authority, nodeCertificate } from "../schema/index.ts";
import { readCertificateDates } from "./read-certificate-dates.ts";

/** A certificate that somebody must see to before it ends, or that should renew itself before. */
export interface WatchedCertificate {
  /** Names this very certificate: a renewed one has another. */
  readonly id: string;
  /** Whose: `node edge-1`. */
  readonly name: string;
  readonly node?: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

type CertificateSource = (executor: Executor, now: Date) => Promise<readonly WatchedCertificate[]>;

/** Every kind of certificate that this appliance keeps for its nodes has one line here; those of the configuration are told by `warnOfExpiry`. */
const SOURCES: readonly CertificateSource[] = [nodeCertificates, authorities];

/** Of certificates that were replaced only the newest; none that is revoked. */
export async function watchedCertificates(
  executor: Executor,
  now: Date,
): Promise<readonly WatchedCertificate[]> {
  return (await Promise.all(SOURCES.map((source) => source(executor, now)))).flat();
}

async function nodeCertificates(executor: Executor, now: Date): Promise<readonly WatchedCertificate[]> {
  const rows = await executor
    .selectDistinctOn([nodeCertificate.node])
    .from(nodeCertificate)
    .where(and(isNull(nodeCertificate.revokedAt), gt(nodeCertificate.notAfter, now)))
    .orderBy(nodeCertificate.node, desc(nodeCertificate.notAfter));
  return rows.map(({ serial, node, issuedAt, notAfter }) => ({
    id: `certificate/${serial}`,
    name: `node ${node}`,
    node,
    notBefore: issuedAt,
    notAfter,
  }));
}

async function authorities(executor: Executor): Promise<readonly WatchedCertificate[]> {
  const rows = await executor.select().from(authority);
  return rows.map(({ name, certificate }) => ({
    id: `authority/${name}`,
    name: `the authority ${name}`,
    ...readCertificateDates(certificate),
  }));
}
