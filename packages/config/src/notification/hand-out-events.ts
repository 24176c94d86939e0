import { randomUUID } from "node:crypto";
import { and, asc, eq, inArray, isNull, lte, or } from "drizzle-orm";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS, type Context } from "../contract.ts";
import { effectiveLabels, targetOf } from "../rollout/node-target.ts";
import { targetsIn } from "../rollout/read-targets.ts";
import { node, notificationChannel, notificationDelivery, notificationEvent } from "../schema/index.ts";
import { composeMessage, type EventRow } from "./compose-message.ts";
import type { EventKind, Subscription } from "./notification-contract.ts";

/** What many nodes do at once is told at once: events of nodes wait so long for others like them. */
const GATHER_MS = 2_000;
const EVENTS_MAX = 1_000;

/**
 * Turns events of the outbox into messages to the channels that want them, in one transaction with the mark that they are handled: each
 * event reaches each channel once, whoever calls it and whenever it is cut off. Answers how many events were handled.
 */
export async function handOutEvents(context: Pick<Context, "db" | "now">): Promise<number> {
  const now = context.now();
  return await context.db.transaction(async (tx) => {
    const gathered = new Date(now.getTime() - GATHER_MS);
    const events = await tx
      .select()
      .from(notificationEvent)
      .where(
        and(
          isNull(notificationEvent.handledAt),
          or(isNull(notificationEvent.node), lte(notificationEvent.at, gathered)),
        ),
      )
      .orderBy(asc(notificationEvent.id))
      .limit(EVENTS_MAX)
      .for("update", { skipLocked: true });
    if (events.length === 0) return 0;
    const deliveries = await deliveriesOf(tx, events, now);
    if (deliveries.length > 0) {
      await tx.insert(notificationDelivery).values(deliveries);
      await notify(tx, CHANNELS.notification, { deliveries: deliveries.length });
    }
    await tx
      .update(notificationEvent)
      .set({ handledAt: now })
      .where(
        inArray(
          notificationEvent.id,
          events.map(({ id }) => id),
        ),
      );
    return events.length;
  });
}

async function deliveriesOf(
  tx: Transaction,
  events: readonly EventRow[],
  now: Date,
): Promise<(typeof notificationDelivery.$inferInsert)[]> {
  const channels = await tx.select().from(notificationChannel).where(eq(notificationChannel.enabled, true));
  if (channels.length === 0) return [];
  const groupOf = await groupsOfNodes(tx, events);
  const alike = Map.groupBy(events, (event) => {
    const group = event.group ?? groupOf.get(event.node ?? "");
    return JSON.stringify([event.kind, group, event.topic]);
  });
  return [...alike.values()].flatMap((together) => {
    const [first] = together;
    if (first === undefined) return [];
    const group = first.group ?? groupOf.get(first.node ?? "");
    const message = composeMessage(together, group);
    return channels
      .filter(({ name, subscriptions }) =>
        first.kind === "channel.test"
          ? first.subject === `channel/${name}`
          : subscriptions.some((one) => takes(one, first.kind, group)),
      )
      .map(({ name }) => ({
        id: randomUUID(),
        channel: name,
        message,
        state: "waiting" as const,
        attempts: 0,
        dueAt: now,
        createdAt: now,
      }));
  });
}

function takes({ events, groups }: Subscription, kind: EventKind, group: string | undefined): boolean {
  if (events.length > 0 && !events.includes(kind)) return false;
  return groups.length === 0 || (group !== undefined && groups.includes(group));
}

/** Of the nodes that the events name without a group, as their labels are now. */
async function groupsOfNodes(
  tx: Transaction,
  events: readonly EventRow[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(events.flatMap((event) => (event.group === null ? (event.node ?? []) : [])))];
  if (ids.length === 0) return new Map();
  const targets = await targetsIn(tx);
  const rows = await tx.select({ id: node.id, labels: node.labels }).from(node).where(inArray(node.id, ids));
  return new Map(
    rows.map(({ id, labels }) => {
      const all = effectiveLabels(labels, targets.operatorLabels.get(id));
      return [id, targetOf(targets, { id, labels: all }).group] as const;
    }),
  );
}
