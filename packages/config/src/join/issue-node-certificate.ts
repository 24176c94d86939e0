import type { Authority, Labels } from "@sluice/join/certificates";
import { authorityFingerprint, authorityFingerprints } from "@sluice/join/token";
import { lt } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, type Context } from "../contract.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { nodeCertificate } from "../schema/index.ts";
import type { IssuedNodeCertificate } from "./join-contract.ts";

/** What the verbs for nodes need beside Postgres. */
export interface IssueContext extends NodeContext {
  readonly authority: Authority;
  /** PEM of every root that the node is told to trust; default: the one that signs. */
  readonly trustedPem?: string;
  /** Of the certificates, in milliseconds. */
  readonly lifetimeMs: number;
}

/** Longer than any token lives: whether a node was revoked after a token was made can always be told. */
const KEPT_MS = 60 * 86_400_000;

/** Signs, writes down and audits, within the caller's transaction. */
export async function issueNodeCertificate(
  tx: Transaction,
  context: IssueContext,
  input: {
    readonly action: "node.join" | "node.renew";
    readonly publicKey: ArrayBuffer;
    readonly nodeId: string;
    readonly labels: Labels;
    readonly token: string;
    readonly renewedFrom: string | null;
    readonly peer: string;
  },
): Promise<IssuedNodeCertificate> {
  const { action, publicKey, nodeId, labels, token, renewedFrom, peer } = input;
  const now = context.now();
  const { lifetimeMs } = context;
  const issued = await context.authority.issueForNode({ publicKey, nodeId, labels, now, lifetimeMs });
  const { serial, notAfter, certificatePem } = issued;
  await tx.insert(nodeCertificate).values({
    serial,
    node: nodeId,
    labels,
    issuedAt: now,
    notAfter,
    token,
    renewedFrom,
    peer,
    authority: authorityFingerprint(context.authority.certificatePem),
    trusts: authorityFingerprints(context.trustedPem ?? context.authority.certificatePem).join(" "),
  });
  await tx.delete(nodeCertificate).where(lt(nodeCertificate.notAfter, new Date(now.getTime() - KEPT_MS)));
  await appendAudit(tx, actingNode(context, nodeId), {
    action,
    subject: `node/${nodeId}`,
    details: { serial, notAfter: notAfter.toISOString(), token, peer },
  });
  await notify(tx, CHANNELS.join, { node: nodeId });
  return { node: nodeId, labels, serial, certificatePem, notAfter };
}

function actingNode(context: NodeContext, id: string): Pick<Context, "actor" | "now"> {
  return { actor: { id: `node/${id}`, name: `node ${id}`, role: "viewer" }, now: context.now };
}
