import { claimDeliveries, handOutEvents, readSettings, settleDelivery } from "@sluice/config";
import type { RoundContext } from "./delivery-context.ts";
import { sendDelivery } from "./send-delivery.ts";

/** Sent side by side; a receiver that hangs holds up at most one round, for `timeoutMs`. */
const SENT_AT_ONCE = 20;
/** Above any try's time. */
const HOLD_SPARE_MS = 30_000;

/** Hands out what happened, and sends what is due. Answers whether there may be more to send at once. */
export async function notificationRound(given: RoundContext): Promise<boolean> {
  await handOutEvents(given);
  const claimed = await claimDeliveries(given, {
    count: SENT_AT_ONCE,
    holdMs: 4 * given.timeoutMs + HOLD_SPARE_MS,
  });
  if (claimed.length === 0) return false;
  const { name, baseUrl } = await readSettings(given);
  const dashboardUrl = given.dashboardUrl ?? (baseUrl === "" ? undefined : baseUrl);
  const context = { ...given, dashboardUrl, appliance: name === "" ? "Sluice" : name };
  await Promise.all(
    claimed.map(async (delivery) => {
      const outcome = await sendDelivery(context, delivery);
      await settleDelivery(context, delivery, outcome, context.random);
    }),
  );
  return claimed.length === SENT_AT_ONCE;
}
