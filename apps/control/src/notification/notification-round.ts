import { claimDeliveries, handOutEvents, settleDelivery } from "@sluice/config";
import type { DeliveryContext } from "./delivery-context.ts";
import { sendDelivery } from "./send-delivery.ts";

/** Sent side by side; a receiver that hangs holds up at most one round, for `timeoutMs`. */
const SENT_AT_ONCE = 20;
/** Above any try's time. */
const HOLD_SPARE_MS = 30_000;

/** Hands out what happened, and sends what is due. Answers whether there may be more to send at once. */
export async function notificationRound(context: DeliveryContext): Promise<boolean> {
  await handOutEvents(context);
  const claimed = await claimDeliveries(context, {
    count: SENT_AT_ONCE,
    holdMs: 4 * context.timeoutMs + HOLD_SPARE_MS,
  });
  await Promise.all(
    claimed.map(async (delivery) => {
      const outcome = await sendDelivery(context, delivery);
      await settleDelivery(context, delivery, outcome, context.random);
    }),
  );
  return claimed.length === SENT_AT_ONCE;
}
