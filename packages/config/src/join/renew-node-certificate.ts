import { readSigningRequest } from "@sluice/join/certificates";
import { and, eq, gt, isNull } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { nodeCertificate } from "../schema/index.ts";
import { type IssueContext, issueNodeCertificate } from "./issue-node-certificate.ts";
import { type IssuedNodeCertificate, JoinRefusal } from "./join-contract.ts";
import { lockNode } from "./lock-node.ts";

export interface RenewInput {
  /** Of the certificate, as `serial`. */
  readonly node: string;
  /** Of the certificate that the node has shown on this connection, which TLS has verified. */
  readonly serial: string;
  /** PKCS #10, PEM, with a new key. */
  readonly request: string;
  /** `ip:port`. */
  readonly peer: string;
}

/**
 * A new certificate for who has a valid one, with the same id and labels. The old one stays valid until it expires, so that
 * a node which fails to store the new one is not lost. Throws JoinRefusal.
 */
export async function renewNodeCertificate(
  context: IssueContext,
  input: RenewInput,
): Promise<IssuedNodeCertificate> {
  const request = await readSigningRequest(input.request);
  if (typeof request === "string") throw new JoinRefusal("invalid", request);
  return await databaseOver(context.sql).transaction(async (tx) => {
    await lockNode(tx, input.node);
    const [row] = await tx
      .select()
      .from(nodeCertificate)
      .where(
        and(
          eq(nodeCertificate.serial, input.serial),
          eq(nodeCertificate.node, input.node),
          gt(nodeCertificate.notAfter, context.now()),
          isNull(nodeCertificate.revokedAt),
        ),
      );
    if (row === undefined)
      throw new JoinRefusal("revoked", "this certificate is revoked or expired: join again with a new token");
    return await issueNodeCertificate(tx, context, {
      action: "node.renew",
      publicKey: request.publicKey,
      nodeId: row.node,
      labels: row.labels,
      token: row.token,
      renewedFrom: row.serial,
      peer: input.peer,
    });
  });
}
