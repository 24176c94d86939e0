import { timingSafeEqual } from "node:crypto";
import { nodeIdProblem, readSigningRequest } from "@sluice/join/certificates";
import { joinTokenHash, parseJoinToken } from "@sluice/join/token";
import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Transaction } from "../access/executor.ts";
import { joinToken, node, nodeCertificate } from "../schema/index.ts";
import { type IssueContext, issueNodeCertificate } from "./issue-node-certificate.ts";
import { type IssuedNodeCertificate, JoinRefusal, type JoinRefusalCode } from "./join-contract.ts";
import { tokenState } from "./list-join-tokens.ts";
import { lockNode } from "./lock-node.ts";

export interface ExchangeInput {
  /** The whole token, as it was shown. */
  readonly token: string;
  /** The node's id; may be left out with a token for one id. */
  readonly node: string | undefined;
  /** PKCS #10, PEM. */
  readonly request: string;
  /** `ip:port`. */
  readonly peer: string;
}

type TokenRow = typeof joinToken.$inferSelect;
const NO_HASH = Buffer.alloc(32);

/**
 * A join token for a client certificate. The token's row is locked while the certificate is signed and the use is counted,
 * so of any number of exchanges at once no more succeed than it has uses. Throws JoinRefusal; nothing is spent then.
 */
export async function exchangeJoinToken(
  context: IssueContext,
  input: ExchangeInput,
): Promise<IssuedNodeCertificate> {
  const parsed = parseJoinToken(input.token);
  if (parsed === undefined) throw new JoinRefusal("unknown_token", "this is no join token: copy it whole");
  const request = await readSigningRequest(input.request);
  if (typeof request === "string") throw new JoinRefusal("invalid", request);
  return await databaseOver(context.sql).transaction(async (tx) => {
    const [row] = await tx.select().from(joinToken).where(eq(joinToken.id, parsed.id)).for("update");
    const matches = timingSafeEqual(joinTokenHash(parsed.secret), row?.hash ?? NO_HASH);
    if (row === undefined || !matches) throw new JoinRefusal("unknown_token", "no such join token");
    const now = context.now();
    const state = tokenState(row, now);
    if (state !== "usable") throw new JoinRefusal(state, `the join token ${row.id} ${STATE_WORDS[state]}`);
    const nodeId = await admittedId(tx, row, input.node, now);
    await tx
      .update(joinToken)
      .set({ uses: sql`${joinToken.uses} + 1`, lastUsedAt: now })
      .where(eq(joinToken.id, row.id));
    return await issueNodeCertificate(tx, context, {
      action: "node.join",
      publicKey: request.publicKey,
      nodeId,
      labels: row.labels,
      token: row.id,
      renewedFrom: null,
      peer: input.peer,
    });
  });
}

const STATE_WORDS: Readonly<Record<Extract<JoinRefusalCode, "expired" | "revoked" | "spent">, string>> = {
  expired: "has expired: make a new one",
  revoked: "was revoked",
  spent: "has been used as often as it may be: make a new one",
};

/** The id that the token lets in, if it does. */
async function admittedId(
  tx: Transaction,
  token: TokenRow,
  asked: string | undefined,
  now: Date,
): Promise<string> {
  const id = asked ?? token.node;
  if (id === null || id === undefined)
    throw new JoinRefusal("invalid", "this token is for any node: say which id the node should have");
  const problem = nodeIdProblem(id);
  if (problem !== undefined) throw new JoinRefusal("invalid", problem);
  if (token.node !== null && token.node !== id)
    throw new JoinRefusal("wrong_node", `this token is for the node '${token.node}', not for '${id}'`);
  await lockNode(tx, id);
  if (token.node === null && (await isTaken(tx, id, now)))
    throw new JoinRefusal(
      "taken",
      `there is a node '${id}' already: choose another id, or use a token that was made for this id`,
    );
  const [revoked] = await tx
    .select({ at: nodeCertificate.revokedAt })
    .from(nodeCertificate)
    .where(and(eq(nodeCertificate.node, id), gt(nodeCertificate.revokedAt, token.createdAt)))
    .orderBy(desc(nodeCertificate.revokedAt))
    .limit(1);
  if (revoked !== undefined)
    throw new JoinRefusal(
      "revoked",
      `the node '${id}' was revoked after this token was made: make a new token to let it in again`,
    );
  return id;
}

/** Else who has a token for a whole fleet could put himself in a node's place. */
async function isTaken(tx: Transaction, id: string, now: Date): Promise<boolean> {
  const known = await tx.select({ id: node.id }).from(node).where(eq(node.id, id));
  if (known.length > 0) return true;
  const certificates = await tx
    .select({ serial: nodeCertificate.serial })
    .from(nodeCertificate)
    .where(
      and(eq(nodeCertificate.node, id), gt(nodeCertificate.notAfter, now), isNull(nodeCertificate.revokedAt)),
    )
    .limit(1);
  return certificates.length > 0;
}
