import type { ChannelKind, EmailSettings, EventKind, Subscription } from "@sluice/config/contract";

/** What the form's controls hold. */
export interface ChannelFields {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly url: string;
  readonly host: string;
  readonly port: string;
  readonly security: EmailSettings["security"];
  readonly user: string;
  readonly from: string;
  readonly to: string;
  /** Empty: none was typed. */
  readonly secret: string;
  readonly subscriptions: readonly SubscriptionFields[];
}

export interface SubscriptionFields {
  readonly id: number;
  readonly events: readonly EventKind[];
  /** Names apart by commas. */
  readonly groups: string;
}

/** In the shape of the API. */
export function readChannelFields(fields: ChannelFields) {
  return { settings: settingsOf(fields), subscriptions: fields.subscriptions.map(readSubscription) };
}

function settingsOf(fields: ChannelFields) {
  const { kind, url, host, port, security, user, from, to } = fields;
  if (kind === "webhook") return { url: url.trim() };
  if (kind === "slack") return {};
  const server = { host: host.trim(), port: Number(port), security, from: from.trim(), to: splitList(to) };
  return user.trim() === "" ? server : { ...server, user: user.trim() };
}

function readSubscription({ events, groups }: SubscriptionFields) {
  return { events: [...events], groups: splitList(groups) } satisfies Subscription;
}

/** Apart by commas or line ends. */
function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
