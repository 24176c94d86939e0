import { appendAudit, ConfigError, type Context, mayAnywhere } from "@sluice/config";
import { and, eq, isNull } from "drizzle-orm";
import { apiToken } from "../auth/schema.ts";
import { recordRefused } from "./record-refused.ts";

/** From now on it opens nothing, also where it is in use. One's own; anybody's with people.manage. `not_found`; harmless when repeated. */
export async function revokeToken(context: Context, id: string): Promise<void> {
  const deed = { action: "token.revoke", subject: `token/${id}` };
  await recordRefused(context, deed, async (tx) => {
    const [token] = await tx.select().from(apiToken).where(eq(apiToken.id, id)).for("update");
    const others = mayAnywhere(context.actor, "people.manage");
    if (token === undefined || (token.userId !== context.actor.id && !others))
      throw new ConfigError("not_found", `there is no token '${id}' of yours`);
    const revoked = await tx
      .update(apiToken)
      .set({ revokedAt: context.now(), revokedBy: context.actor.name })
      .where(and(eq(apiToken.id, id), isNull(apiToken.revokedAt)))
      .returning({ id: apiToken.id });
    if (revoked.length > 0) await appendAudit(tx, context, { ...deed, details: { name: token.name } });
  });
}
