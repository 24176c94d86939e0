import { labelsProblem, nodeIdProblem } from "@sluice/join/names";
import { formatJoinToken, joinTokenHash, newJoinToken } from "@sluice/join/token";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { authorityCertificate } from "../authority/authority-certificate.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { joinToken } from "../schema/index.ts";

export interface CreateJoinTokenInput {
  /** Lets in only this node id. Without it, any id that no node has yet. */
  readonly node?: string | undefined;
  /** What nodes that join with it are labelled with. Default none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How many nodes it lets in, 1 to 1,000. Default 1; for a node id always 1. */
  readonly uses?: number | undefined;
  /** 60 to 2,592,000 (30 days). Default 3,600. */
  readonly lifetimeS?: number | undefined;
  /** For people. At most 200 characters. */
  readonly note?: string | undefined;
}

export interface CreatedJoinToken {
  readonly id: string;
  /** The whole token: shown this once, nowhere stored. */
  readonly token: string;
  readonly expiresAt: Date;
}

const LIFETIME_S_MAX = 30 * 86_400;

/** Makes a token that lets nodes in. Needs node.enroll: who has one gets a node's whole configuration, secrets too. `invalid`, `not_found`. */
export async function createJoinToken(
  context: Context,
  input: CreateJoinTokenInput,
): Promise<CreatedJoinToken> {
  const { node, labels = {}, uses = 1, lifetimeS = 3600, note = "" } = input;
  const id = `token/${node ?? "any"}`;
  return await change(
    context,
    { permission: "node.enroll", action: "join_token.create", subject: id },
    async (tx) => {
      const problem = problemOf({ node, labels, uses, lifetimeS, note });
      if (problem !== undefined) throw new ConfigError("invalid", problem);
      const token = newJoinToken(await authorityCertificate(tx));
      const now = context.now();
      const expiresAt = new Date(now.getTime() + lifetimeS * 1000);
      await tx.insert(joinToken).values({
        id: token.id,
        hash: joinTokenHash(token.secret),
        note,
        node: node ?? null,
        labels,
        usesMax: uses,
        uses: 0,
        createdAt: now,
        createdBy: context.actor.name,
        expiresAt,
      });
      await appendAudit(tx, context, {
        action: "join_token.create",
        subject: `token/${token.id}`,
        details: { node, labels, uses, expiresAt: expiresAt.toISOString() },
      });
      await notify(tx, CHANNELS.join, { token: token.id });
      return { id: token.id, token: formatJoinToken(token), expiresAt };
    },
  );
}

function problemOf(input: {
  readonly node: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly uses: number;
  readonly lifetimeS: number;
  readonly note: string;
}): string | undefined {
  const { node, labels, uses, lifetimeS, note } = input;
  if (node !== undefined) {
    const problem = nodeIdProblem(node);
    if (problem !== undefined) return problem;
    if (uses !== 1) return "a token for one node id can be used once";
  }
  if (!Number.isInteger(uses) || uses < 1 || uses > 1000) return "uses is a number from 1 to 1,000";
  if (!Number.isInteger(lifetimeS) || lifetimeS < 60 || lifetimeS > LIFETIME_S_MAX)
    return "a token lives from 60 seconds to 30 days";
  if (note.length > 200) return "a note has at most 200 characters";
  return labelsProblem(labels);
}
