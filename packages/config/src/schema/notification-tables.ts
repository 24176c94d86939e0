import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, jsonb, text, timestamp, uuid } from "drizzle-orm/pg-core";
import type {
  ChannelKind,
  ChannelSettings,
  DeliveryState,
  EventKind,
  NotificationMessage,
  Subscription,
} from "../notification/notification-contract.ts";
import { configSchema } from "./config-schema.ts";

const at = (name: string) => timestamp(name, { withTimezone: true });

export const notificationChannel = configSchema.table("notification_channel", {
  name: text().primaryKey(),
  kind: text().$type<ChannelKind>().notNull(),
  settings: jsonb().$type<ChannelSettings>().notNull(),
  /** Sealed for `notification/<name>`: signing key, password or address. */
  sealedSecret: text("sealed_secret"),
  subscriptions: jsonb().$type<readonly Subscription[]>().notNull(),
  enabled: boolean().notNull(),
  createdAt: at("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  revision: integer().notNull().default(1),
});

/** The outbox: written in the transaction of what happened, handed to the channels afterwards. */
export const notificationEvent = configSchema.table(
  "notification_event",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: at("at").notNull(),
    kind: text().$type<EventKind>().notNull(),
    /** Null: of the node's group, or of none. */
    group: text("group_name"),
    node: text(),
    /** Where to look: `rollout/7`, `node/edge-1`. */
    subject: text().notNull(),
    /** Events that tell the same go out together. */
    topic: text().notNull(),
    details: jsonb().$type<Readonly<Record<string, unknown>>>().notNull(),
    handledAt: at("handled_at"),
  },
  (table) => [
    index("notification_event_waiting").on(table.id).where(sql`handled_at is null`),
    index("notification_event_at").on(table.at),
  ],
);

/** One message to one channel. */
export const notificationDelivery = configSchema.table(
  "notification_delivery",
  {
    /** The same at every try: receivers tell repetitions by it. */
    id: uuid().primaryKey(),
    channel: text()
      .notNull()
      .references(() => notificationChannel.name, { onDelete: "cascade" }),
    message: jsonb().$type<NotificationMessage>().notNull(),
    state: text().$type<DeliveryState>().notNull(),
    /** Tries so far, since it was last sent again by hand. */
    attempts: integer().notNull(),
    /** Of a waiting one: not before. */
    dueAt: at("due_at").notNull(),
    createdAt: at("created_at").notNull(),
    endedAt: at("ended_at"),
    /** What came of the last try. */
    outcome: text(),
  },
  (table) => [
    index("notification_delivery_due").on(table.dueAt).where(sql`state = 'waiting'`),
    index("notification_delivery_channel").on(table.channel, table.createdAt),
    index("notification_delivery_created").on(table.createdAt),
  ],
);

/** Nodes that were told to be lost, and certificates that were told to expire: so that each is told once. */
export const notificationMark = configSchema.table("notification_mark", {
  /** `node/edge-1`, `certificate/…`. */
  subject: text().primaryKey(),
  kind: text().$type<"lost" | "expiring">().notNull(),
  at: at("at").notNull(),
});
