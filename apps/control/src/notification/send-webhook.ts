import { type ClaimedDelivery, type DeliveryOutcome, signingKeyBytes } from "@sluice/config";
import { type OutboundResponse, outboundRequest } from "@sluice/config/outbound";
import type { DeliveryContext } from "./delivery-context.ts";
import { linkOf, textOf } from "./message-text.ts";
import { signWebhook } from "./sign-webhook.ts";

/** What a receiver's answer is read of, to tell why it refused. */
const ANSWER_BYTES_MAX = 2_048;

/** POSTs the message as signed JSON; any 2xx means that the receiver has it. */
export async function sendWebhook(
  context: DeliveryContext,
  { id, message, channel }: ClaimedDelivery,
  secret: string | undefined,
): Promise<DeliveryOutcome> {
  const url = "url" in channel.settings ? String(channel.settings.url) : "";
  const { kind, at, title, lines, group, subject, events, details } = message;
  const link = linkOf(message, context.dashboardUrl);
  const data = { title, lines, group, subject, link, events, details };
  const body = JSON.stringify({ type: kind, timestamp: at, data });
  const key = secret === undefined ? undefined : signingKeyBytes(secret);
  const signed = key === undefined ? {} : signWebhook(key, { id, nowMs: context.now().getTime(), body });
  return await post(context, url, body, { "webhook-id": id, ...signed });
}

/** POSTs to an incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat). Its address is the secret. */
export async function sendSlack(
  context: DeliveryContext,
  { message }: ClaimedDelivery,
  secret: string | undefined,
): Promise<DeliveryOutcome> {
  const text = textOf(message, context.dashboardUrl);
  return await post(context, secret ?? "", JSON.stringify({ text: escapeMarkup(text) }), {});
}

/** So that a node's words cannot mention everybody or pretend to be a link. */
function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

async function post(
  { policy, timeoutMs }: DeliveryContext,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<DeliveryOutcome> {
  const answer = await outboundRequest(policy, {
    url,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    timeoutMs,
    responseBytesMax: ANSWER_BYTES_MAX,
    overlong: "cut",
  });
  const { status } = answer;
  if (status >= 200 && status < 300) return { sent: true, words: `answered ${status}` };
  return {
    sent: false,
    words: `answered ${status}${reasonIn(answer)}`,
    retryable: true,
    retryAfterMs: retryAfterMs(answer),
  };
}

/** The beginning of a plain answer; a page of HTML says nothing. */
export function reasonIn({ status, body, headers }: OutboundResponse): string {
  if (status >= 300 && status < 400) return ": redirects are not followed";
  if (/html/i.test(headers["content-type"] ?? "")) return "";
  const text = body
    .toString("utf8")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
  return text === "" ? "" : `: ${text}`;
}

function retryAfterMs({ headers }: OutboundResponse): number | undefined {
  const text = headers["retry-after"] ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) * 1000 : undefined;
}
