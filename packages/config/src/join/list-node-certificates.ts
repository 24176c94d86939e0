import { desc, eq } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { nodeCertificate } from "../schema/index.ts";
import type { NodeCertificateState } from "./join-contract.ts";

const CERTIFICATES_MAX = 2000;

/** Each node's newest certificate, newest first, at most 2,000. With `node`: all of that node's, of the last 60 days. */
export async function listNodeCertificates(
  context: Context,
  input: { readonly node?: string | undefined } = {},
): Promise<readonly NodeCertificateState[]> {
  await authorizeRead(context, "node_certificate.list");
  const rows =
    input.node === undefined
      ? await context.db
          .selectDistinctOn([nodeCertificate.node])
          .from(nodeCertificate)
          .orderBy(nodeCertificate.node, desc(nodeCertificate.issuedAt))
          .limit(CERTIFICATES_MAX)
      : await context.db
          .select()
          .from(nodeCertificate)
          .where(eq(nodeCertificate.node, input.node))
          .orderBy(desc(nodeCertificate.issuedAt))
          .limit(CERTIFICATES_MAX);
  const now = context.now();
  return rows
    .map(
      (row): NodeCertificateState => ({
        serial: row.serial,
        node: row.node,
        labels: row.labels,
        issuedAt: row.issuedAt,
        notAfter: row.notAfter,
        token: row.token,
        renewed: row.renewedFrom !== null,
        peer: row.peer,
        revokedAt: row.revokedAt ?? undefined,
        revokedBy: row.revokedBy ?? undefined,
        state: row.revokedAt !== null ? "revoked" : row.notAfter <= now ? "expired" : "valid",
      }),
    )
    .sort((a, b) => b.issuedAt.getTime() - a.issuedAt.getTime());
}
