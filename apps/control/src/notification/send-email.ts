import { type ClaimedDelivery, type DeliveryOutcome, isEmail } from "@sluice/config";
import { resolveTarget } from "@sluice/config/outbound";
import { createTransport } from "nodemailer";
import type { DeliveryContext } from "./delivery-context.ts";
import { textOf } from "./message-text.ts";

/** Hands the message to the mail server, over a connection to the very address that was judged. */
export async function sendEmail(
  context: DeliveryContext,
  { id, message, channel }: ClaimedDelivery,
  password: string | undefined,
): Promise<DeliveryOutcome> {
  if (!isEmail(channel.settings)) throw new Error(`the channel '${channel.name}' has no mail server`);
  const { host, port, security, user, from, to } = channel.settings;
  const target = await resolveTarget(context.policy, host);
  const [address] = target.addresses;
  const { timeoutMs } = context;
  const transport = createTransport({
    host: address?.address ?? target.host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    // Certificates are checked against the name, though the connection goes to an address.
    servername: target.host,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({
      from,
      to: [...to],
      subject: `[${context.appliance}] ${message.title}`,
      text: textOf(message, context.dashboardUrl),
      // The same at every try, so that mailboxes can tell a repetition.
      messageId: `<${id}@sluice>`,
      date: new Date(message.at),
      headers: { "auto-submitted": "auto-generated", "x-sluice-event": message.kind },
    });
    return { sent: true, words: sent.response ?? "taken" };
  } catch (error) {
    // The server's words may repeat what it was told: the password is never among what is kept.
    const words = error instanceof Error ? error.message : String(error);
    return { sent: false, words: withoutSecret(words, password), retryable: true };
  } finally {
    transport.close();
  }
}

function withoutSecret(words: string, secret: string | undefined): string {
  return secret === undefined ? words : words.replaceAll(secret, "…");
}
