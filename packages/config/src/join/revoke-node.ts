import { and, eq, gt, isNull } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { nodeCertificate } from "../schema/index.ts";
import { lockNode } from "./lock-node.ts";

/**
 * Revokes every certificate that a node has: its streams end at once, and it can neither connect nor renew, nor join with a
 * token that was made before. Needs node.enroll. `not_found` when it has none that is valid.
 */
export async function revokeNode(context: Context, node: string): Promise<{ readonly revoked: number }> {
  const attempt = { permission: "node.enroll", action: "node.revoke", subject: `node/${node}` } as const;
  return await change(context, attempt, async (tx) => {
    // A certificate that is being issued now is revoked as well.
    await lockNode(tx, node);
    const now = context.now();
    const revoked = await tx
      .update(nodeCertificate)
      .set({ revokedAt: now, revokedBy: context.actor.name })
      .where(
        and(
          eq(nodeCertificate.node, node),
          gt(nodeCertificate.notAfter, now),
          isNull(nodeCertificate.revokedAt),
        ),
      )
      .returning({ serial: nodeCertificate.serial });
    if (revoked.length === 0)
      throw new ConfigError("not_found", `the node '${node}' has no valid certificate`);
    await appendAudit(tx, context, { ...attempt, details: { serials: revoked.map(({ serial }) => serial) } });
    await notify(tx, CHANNELS.join, { node });
    return { revoked: revoked.length };
  });
}
