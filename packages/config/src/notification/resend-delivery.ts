import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { notificationDelivery } from "../schema/index.ts";
import { toDelivery } from "./list-deliveries.ts";
import type { Delivery } from "./notification-contract.ts";

/** Sends a message that was given up, or sent, once more, with the same id and all its tries. Needs notification.manage. `not_found`; `conflict` while it
 * waits to be sent anyway. */
export async function resendDelivery(context: Context, id: string): Promise<Delivery> {
  const subject = `delivery/${id}`;
  const attempt = { permission: "notification.manage", action: "notification.resend", subject } as const;
  return await change(context, attempt, async (tx) => {
    const [before] = await tx
      .select()
      .from(notificationDelivery)
      .where(eq(notificationDelivery.id, id))
      .for("update");
    if (before === undefined) throw new ConfigError("not_found", `there is no message '${id}'`);
    if (before.state === "waiting") throw new ConfigError("conflict", "the message is on its way already");
    const [row = before] = await tx
      .update(notificationDelivery)
      .set({ state: "waiting", attempts: 0, dueAt: context.now(), endedAt: null })
      .where(eq(notificationDelivery.id, id))
      .returning();
    await appendAudit(tx, context, {
      ...attempt,
      details: { channel: row.channel, title: row.message.title },
    });
    await notify(tx, CHANNELS.notification, { delivery: id });
    return toDelivery(row);
  });
}
