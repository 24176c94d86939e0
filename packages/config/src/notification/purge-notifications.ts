import { and, eq, inArray, isNotNull, lt } from "drizzle-orm";
import type { Context } from "../contract.ts";
import {
  alertInstance,
  alertSilence,
  notificationDelivery,
  notificationEvent,
  notificationMark,
} from "../schema/index.ts";

const KEPT_MS = 30 * 86_400_000;
const MARKS_KEPT_MS = 400 * 86_400_000;
const RESOLVED_KEPT_MS = 86_400_000;

/** Forgets what ended 30 days ago (messages, events, silences) and alerts that were resolved a day ago. */
export async function purgeNotifications(context: Pick<Context, "db" | "now">): Promise<void> {
  const now = context.now().getTime();
  const old = new Date(now - KEPT_MS);
  await context.db
    .delete(notificationDelivery)
    .where(
      and(inArray(notificationDelivery.state, ["sent", "dead"]), lt(notificationDelivery.createdAt, old)),
    );
  await context.db
    .delete(notificationEvent)
    .where(and(isNotNull(notificationEvent.handledAt), lt(notificationEvent.at, old)));
  // Of certificates that ended long ago; of nodes the marks last as long as they are lost.
  const ancient = new Date(now - MARKS_KEPT_MS);
  await context.db
    .delete(notificationMark)
    .where(and(eq(notificationMark.kind, "expiring"), lt(notificationMark.at, ancient)));
  await context.db.delete(alertSilence).where(lt(alertSilence.expiresAt, old));
  await context.db
    .delete(alertInstance)
    .where(
      and(eq(alertInstance.state, "resolved"), lt(alertInstance.since, new Date(now - RESOLVED_KEPT_MS))),
    );
}
