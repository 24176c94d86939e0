import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { joinToken } from "../schema/index.ts";

/** From now on it lets nobody in; nodes that joined with it stay. Needs node.enroll. `not_found`; harmless when repeated. */
export async function revokeJoinToken(context: Context, id: string): Promise<void> {
  const attempt = { permission: "node.enroll", action: "join_token.revoke", subject: `token/${id}` } as const;
  await change(context, attempt, async (tx) => {
    const [row] = await tx.select().from(joinToken).where(eq(joinToken.id, id)).for("update");
    if (row === undefined) throw new ConfigError("not_found", `there is no join token '${id}'`);
    if (row.revokedAt !== null) return;
    await tx
      .update(joinToken)
      .set({ revokedAt: context.now(), revokedBy: context.actor.name })
      .where(eq(joinToken.id, id));
    await appendAudit(tx, context, attempt);
    await notify(tx, CHANNELS.join, { token: id });
  });
}
