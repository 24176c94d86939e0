/** The words of notifications; part of the package's contract. */

/** What can be told. Order: as the pages list them. */
export const EVENT_KINDS = [
  /** A version was published: its rollout has begun. */
  "version.published",
  /** A rollout of an older version has begun. */
  "version.rolled_back",
  /** Something waits for the approval of a second person. */
  "approval.requested",
  /** It was approved, refused or withdrawn, or cannot be approved any more. */
  "approval.decided",
  /** Somebody broke the glass: started alone what needs a second person. */
  "approval.bypassed",
  /** A node refused what it was sent (NACK). */
  "node.refused",
  /** A version is effective on every connected node of its group. */
  "rollout.completed",
  /** A rollout does not get on: it was paused, aborted, or goes on in spite of a failure. */
  "rollout.failed",
  /** A rollout takes itself back. */
  "rollout.reverted",
  /** A node has been away for longer than the deadline. */
  "node.lost",
  /** A node that was told to be lost is there again. */
  "node.returned",
  /** A certificate ends soon and nothing has replaced it. */
  "certificate.expiring",
  "alert.firing",
  "alert.resolved",
  /** Somebody pressed a channel's test button; goes to that channel alone. */
  "channel.test",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const CHANNEL_KINDS = ["webhook", "email", "slack"] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** `tls` from the first byte, `starttls` demanded, or `none`: plain text, for a server on the same machine. */
export const MAIL_SECURITY = ["tls", "starttls", "none"] as const;

export interface WebhookSettings {
  readonly url: string;
}

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  readonly security: (typeof MAIL_SECURITY)[number];
  /** Undefined: the server asks for none. The password is the channel's secret. */
  readonly user?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

/** The address is the channel's secret: who knows it may post. */
export type SlackSettings = Readonly<Record<string, never>>;

export type ChannelSettings = WebhookSettings | EmailSettings | SlackSettings;

/** Which events a channel gets; a channel gets what any of its subscriptions takes. */
export interface Subscription {
  /** Empty: all. */
  readonly events: readonly EventKind[];
  /** Names of node groups. Empty: all, and what belongs to no group. */
  readonly groups: readonly string[];
}

/** A channel as everybody may read it: without its secret. */
export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly settings: ChannelSettings;
  /** A secret is stored. It can be replaced, never read. */
  readonly hasSecret: boolean;
  readonly subscriptions: readonly Subscription[];
  readonly enabled: boolean;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly revision: number;
  /** What came of its newest messages. */
  readonly health: ChannelHealth;
}

export interface ChannelHealth {
  readonly waiting: number;
  readonly dead: number;
  readonly lastSentAt: Date | undefined;
  /** Of the newest try that failed, when it is newer than the last success. */
  readonly failure: string | undefined;
}

/** What a channel sends, frozen when the event is handed out: every try sends the same. */
export interface NotificationMessage {
  readonly kind: EventKind;
  readonly title: string;
  /** One fact a line. */
  readonly lines: readonly string[];
  readonly group: string | undefined;
  /** Where to look: `rollout/7`, `node/edge-1`. */
  readonly subject: string;
  /** ISO 8601, of the newest event in it. */
  readonly at: string;
  /** `id` of each event in it. */
  readonly events: readonly number[];
  /** Of the newest event. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** `waiting`: to be sent or sent again; `sent`: the receiver took it; `dead`: given up, until somebody sends it again. */
export type DeliveryState = "waiting" | "sent" | "dead";

export interface Delivery {
  readonly id: string;
  readonly channel: string;
  readonly message: NotificationMessage;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
  readonly outcome: string | undefined;
}
