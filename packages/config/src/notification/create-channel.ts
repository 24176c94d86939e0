import { count } from "drizzle-orm";
import { change } from "../access/change.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { notificationChannel } from "../schema/index.ts";
import { newSigningKey, sealChannelSecret } from "./channel-secret.ts";
import {
  type ChannelForm,
  requireChannelName,
  requireMatchingSecret,
  requireSecret,
  requireSettings,
  requireSubscriptions,
} from "./channel-settings.ts";
import { toChannel } from "./list-channels.ts";
import type { Channel, Subscription } from "./notification-contract.ts";

export interface CreateChannelInput extends ChannelForm {
  readonly name: string;
  /** A webhook's signing key (default: a new one), a mail server's password, the address of a Slack webhook. */
  readonly secret?: string | undefined;
  /** Default: one that takes everything. */
  readonly subscriptions?: readonly Subscription[] | undefined;
  /** Default true. */
  readonly enabled?: boolean | undefined;
}

export interface SavedChannel {
  readonly channel: Channel;
  /** A signing key that was made here: shown this once. */
  readonly signingKey: string | undefined;
}

const CHANNELS_MAX = 100;

/** Needs notification.manage: a channel sends what happens here to somewhere else. `bad_input`, `already_exists`. */
export async function createChannel(context: Context, input: CreateChannelInput): Promise<SavedChannel> {
  const { name, kind } = input;
  const subject = `channel/${name}`;
  const attempt = { permission: "notification.manage", action: "notification.create", subject } as const;
  return await change(context, attempt, async (tx) => {
    requireChannelName(name);
    const settings = requireSettings(input);
    const signingKey = kind === "webhook" && input.secret === undefined ? newSigningKey() : undefined;
    const secret = input.secret ?? signingKey;
    if (secret !== undefined) requireSecret(kind, secret);
    requireMatchingSecret(input, secret !== undefined);
    const { subscriptions = [{ events: [], groups: [] }], enabled = true } = input;
    requireSubscriptions(subscriptions);
    const [known] = await tx.select({ channels: count() }).from(notificationChannel);
    if ((known?.channels ?? 0) >= CHANNELS_MAX)
      throw new ConfigError("bad_input", `there are at most ${CHANNELS_MAX} channels`);
    const [row] = await tx
      .insert(notificationChannel)
      .values({
        name,
        kind,
        settings,
        sealedSecret: secret === undefined ? null : sealChannelSecret(context, name, secret),
        subscriptions,
        enabled,
        createdAt: context.now(),
        createdBy: context.actor.name,
      })
      .onConflictDoNothing()
      .returning();
    if (row === undefined) throw new ConfigError("already_exists", `there is a channel '${name}' already`);
    const details = { kind, settings, subscriptions, enabled, secret: secret !== undefined };
    await appendAudit(tx, context, { ...attempt, details });
    await notify(tx, CHANNELS.notification, { channel: name });
    return { channel: toChannel(row), signingKey };
  });
}
