import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import { managedCertificate } from "../schema/index.ts";
import { NO_KINDS, readLive } from "../version/read-live.ts";
import { findCertificates } from "./find-certificates.ts";
import { readLiveSources } from "./list-certificates.ts";
import { readChain } from "./read-chain.ts";

export interface CertificateDate {
  /** `secrets/shop`, or of an automatic one its name. */
  readonly name: string;
  readonly notAfter: Date;
}

/** Versions do not change: of each database what the newest live one that was asked for has. */
const known = new WeakMap<
  Executor,
  { readonly version: number | undefined; readonly dates: readonly CertificateDate[] }
>();

/** When the certificates end that are live and not in files of the nodes; of a resource with several the first end. */
export async function liveCertificateDates({
  db,
  now,
}: Pick<Context, "db" | "now">): Promise<readonly CertificateDate[]> {
  const live = (await readLive(db))?.version;
  const before = known.get(db);
  const dates =
    before !== undefined && before.version === live?.number
      ? before.dates
      : (await readLiveSources(db, live?.kinds ?? NO_KINDS)).flatMap(({ kind, name, json }) => {
          const ends = findCertificates(json).flatMap(({ chain }) => {
            const read = chain === undefined ? undefined : readChain(chain, now());
            return read === undefined ? [] : [read.facts.notAfter.getTime()];
          });
          return ends.length === 0
            ? []
            : [{ name: `${kind}/${name}`, notAfter: new Date(Math.min(...ends)) }];
        });
  known.set(db, { version: live?.number, dates });
  const automatic = await db
    .select({ name: managedCertificate.name, notAfter: managedCertificate.notAfter })
    .from(managedCertificate);
  return [...dates, ...automatic];
}
