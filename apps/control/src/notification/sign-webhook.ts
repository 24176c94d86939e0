import { createHmac } from "node:crypto";

/**
 * The headers of the Standard Webhooks specification: receivers check the signature with the channel's key, refuse a timestamp that is
 * old, and remember ids that they have seen.
 *
 * @param id the same at every try of a message
 * @param nowMs of this try
 */
export function signWebhook(
  key: Uint8Array,
  { id, nowMs, body }: { readonly id: string; readonly nowMs: number; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
