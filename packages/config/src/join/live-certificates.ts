import { gt } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { nodeCertificate } from "../schema/index.ts";

/** A certificate that has not expired. */
export interface LiveCertificate {
  readonly serial: string;
  readonly node: string;
  readonly notAfter: Date;
  readonly revoked: boolean;
}

/** What a control plane keeps in memory to decide who may connect. */
export async function liveCertificates(context: NodeContext): Promise<readonly LiveCertificate[]> {
  const rows = await databaseOver(context.sql)
    .select({
      serial: nodeCertificate.serial,
      node: nodeCertificate.node,
      notAfter: nodeCertificate.notAfter,
      revokedAt: nodeCertificate.revokedAt,
    })
    .from(nodeCertificate)
    .where(gt(nodeCertificate.notAfter, context.now()));
  return rows.map(({ revokedAt, ...row }) => ({ ...row, revoked: revokedAt !== null }));
}
