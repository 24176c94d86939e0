import {
  type ClaimedDelivery,
  type DeliveryOutcome,
  EnvelopeError,
  unsealChannelSecret,
} from "@sluice/config";
import { OutboundError } from "@sluice/config/outbound";
import type { DeliveryContext } from "./delivery-context.ts";
import { sendEmail } from "./send-email.ts";
import { sendSlack, sendWebhook } from "./send-webhook.ts";

const SEND = { webhook: sendWebhook, email: sendEmail, slack: sendSlack } as const;

/** One try of one message. Whatever goes wrong is an outcome. */
export async function sendDelivery(
  context: DeliveryContext,
  claimed: ClaimedDelivery,
): Promise<DeliveryOutcome> {
  const { name, kind, sealedSecret } = claimed.channel;
  try {
    const secret = sealedSecret === null ? undefined : unsealChannelSecret(context.ring, name, sealedSecret);
    return await SEND[kind](context, claimed, secret);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    // A replica without the key may be replaced by one that has it.
    if (error instanceof EnvelopeError) return { sent: false, words, retryable: true };
    return { sent: false, words, retryable: !(error instanceof OutboundError) || error.retryable };
  }
}
