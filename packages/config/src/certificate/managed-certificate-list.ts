import { asc } from "drizzle-orm";
import type { Context } from "../contract.ts";
import { listNodes } from "../node/list-nodes.ts";
import { managedCertificate, nodeManaged } from "../schema/index.ts";
import type { Certificate, CertificateNode, CertificateUse } from "./certificate.ts";
import { readChain } from "./read-chain.ts";

const DAY_MS = 86_400_000;
/** Renewal begins with a third of the life left: what has less than this has been tried, and did not get there. */
const LATE_SHARE = 0.2;

/** Automatic certificates as certificates; on which nodes each is effective, by what the nodes' own stats show. */
export async function managedCertificateList(
  context: Context,
  uses: ReadonlyMap<string, readonly CertificateUse[]>,
): Promise<readonly Certificate[]> {
  const { db } = context;
  const rows = await db.select().from(managedCertificate).orderBy(asc(managedCertificate.name));
  if (rows.length === 0) return [];
  const nodes = (await listNodes(context)).filter(({ connected }) => connected);
  const shown = new Map(
    (await db.select().from(nodeManaged)).map(({ node, fingerprints }) => [node, fingerprints]),
  );
  const now = context.now();
  return rows.map(({ name, chain, requested }): Certificate => {
    const read = readChain(chain, now);
    const used = uses.get(name) ?? [];
    return {
      resource: { kind: "secrets", name },
      path: "tls_certificate",
      stage: "live",
      facts: read?.facts,
      daysLeft: read && Math.floor((read.facts.notAfter.getTime() - now.getTime()) / DAY_MS),
      problems: read?.problems ?? [],
      uses: used,
      nodes: nodes.map(({ id }): CertificateNode => {
        const has = shown.get(id)?.[name];
        return { id, state: stateOf(has, read?.facts.fingerprint) };
      }),
      automatic: { wanted: requested || used.length > 0 },
    };
  });
}

/** Whether one that renews itself is so near to its end that it should have done so. */
export function isLate({ facts, automatic }: Certificate, now: Date): boolean {
  if (automatic === undefined || facts === undefined || !automatic.wanted) return false;
  const lifeMs = facts.notAfter.getTime() - facts.notBefore.getTime();
  return facts.notAfter.getTime() - now.getTime() <= lifeMs * LATE_SHARE;
}

function stateOf(has: string | undefined, wanted: string | undefined): CertificateNode["state"] {
  if (has === undefined) return "none";
  return has === wanted ? "effective" : "other";
}
