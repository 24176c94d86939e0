import { and, desc, eq, lt } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Context } from "../contract.ts";
import { notificationDelivery } from "../schema/index.ts";
import type { Delivery, DeliveryState } from "./notification-contract.ts";

export interface ListDeliveriesInput {
  readonly channel?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** Only those made before. */
  readonly before?: Date | undefined;
  /** 1 to 200; default 50. */
  readonly limit?: number | undefined;
}

/** Messages to the channels, newest first. Needs config.read. */
export async function listDeliveries(
  context: Context,
  input: ListDeliveriesInput = {},
): Promise<readonly Delivery[]> {
  await authorizeRead(context, "notification.deliveries");
  const { channel, state, before, limit = 50 } = input;
  const rows = await context.db
    .select()
    .from(notificationDelivery)
    .where(
      and(
        channel === undefined ? undefined : eq(notificationDelivery.channel, channel),
        state === undefined ? undefined : eq(notificationDelivery.state, state),
        before === undefined ? undefined : lt(notificationDelivery.createdAt, before),
      ),
    )
    .orderBy(desc(notificationDelivery.createdAt), desc(notificationDelivery.id))
    .limit(Math.min(Math.max(limit, 1), 200));
  return rows.map(toDelivery);
}

export function toDelivery(row: typeof notificationDelivery.$inferSelect): Delivery {
  const { endedAt, outcome, ...rest } = row;
  return { ...rest, endedAt: endedAt ?? undefined, outcome: outcome ?? undefined };
}
