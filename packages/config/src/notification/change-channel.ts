import { eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { CHANNELS, ConfigError, type Context } from "../contract.ts";
import { notificationChannel } from "../schema/index.ts";
import { newSigningKey, sealChannelSecret } from "./channel-secret.ts";
import {
  isEmail,
  requireMatchingSecret,
  requireSecret,
  requireSettings,
  requireSubscriptions,
} from "./channel-settings.ts";
import type { SavedChannel } from "./create-channel.ts";
import { type ChannelRow, toChannel } from "./list-channels.ts";
import type { ChannelSettings, Subscription } from "./notification-contract.ts";

/** What is left out stays as it is. */
export interface ChangeChannelInput {
  readonly name: string;
  readonly settings?: ChannelSettings | undefined;
  /** Replaces the secret; null takes it away. */
  readonly secret?: string | null | undefined;
  /** Makes a webhook a new signing key, and answers it. */
  readonly newSigningKey?: boolean | undefined;
  readonly subscriptions?: readonly Subscription[] | undefined;
  readonly enabled?: boolean | undefined;
  /** `revision` of the channel as it was read; another one is a `conflict`. */
  readonly expectedRevision?: number | undefined;
}

/** Needs notification.manage. `not_found`, `bad_input`, `conflict`. A stored password goes only to where it was meant: another mail server or user needs
 * it anew. */
export async function changeChannel(context: Context, input: ChangeChannelInput): Promise<SavedChannel> {
  const { name } = input;
  const subject = `channel/${name}`;
  const attempt = { permission: "notification.manage", action: "notification.change", subject } as const;
  return await change(context, attempt, async (tx) => {
    const before = await lockChannel(tx, name);
    if (input.expectedRevision !== undefined && input.expectedRevision !== before.revision)
      throw new ConfigError("conflict", `somebody changed channel '${name}' meanwhile`, {
        by: undefined,
        at: undefined,
      });
    const settings =
      input.settings === undefined
        ? before.settings
        : requireSettings({ kind: before.kind, settings: input.settings });
    const signingKey =
      input.newSigningKey === true && before.kind === "webhook" ? newSigningKey() : undefined;
    const secret = signingKey ?? input.secret;
    if (typeof secret === "string") requireSecret(before.kind, secret);
    if (secret === undefined) refuseMovedSecret(before, settings);
    const sealedSecret =
      typeof secret === "string"
        ? sealChannelSecret(context, name, secret)
        : secret === null
          ? null
          : before.sealedSecret;
    requireMatchingSecret({ kind: before.kind, settings }, sealedSecret !== null);
    const { subscriptions = before.subscriptions, enabled = before.enabled } = input;
    requireSubscriptions(subscriptions);
    const after = { settings, sealedSecret, subscriptions, enabled, revision: before.revision + 1 };
    await tx.update(notificationChannel).set(after).where(eq(notificationChannel.name, name));
    await appendAudit(tx, context, {
      ...attempt,
      details: {
        before: { settings: before.settings, subscriptions: before.subscriptions, enabled: before.enabled },
        after: { settings, subscriptions, enabled },
        secret: secret === undefined ? "kept" : secret === null ? "removed" : "replaced",
      },
    });
    await notify(tx, CHANNELS.notification, { channel: name });
    return { channel: toChannel({ ...before, ...after }), signingKey };
  });
}

/** Needs notification.manage. With its messages. `not_found`. */
export async function removeChannel(context: Context, name: string): Promise<void> {
  const subject = `channel/${name}`;
  const attempt = { permission: "notification.manage", action: "notification.remove", subject } as const;
  await change(context, attempt, async (tx) => {
    const { kind, settings } = await lockChannel(tx, name);
    await tx.delete(notificationChannel).where(eq(notificationChannel.name, name));
    await appendAudit(tx, context, { ...attempt, details: { kind, settings } });
    await notify(tx, CHANNELS.notification, { channel: name });
  });
}

export async function lockChannel(tx: Transaction, name: string): Promise<ChannelRow> {
  const [row] = await tx
    .select()
    .from(notificationChannel)
    .where(eq(notificationChannel.name, name))
    .for("update");
  if (row === undefined) throw new ConfigError("not_found", `there is no channel '${name}'`);
  return row;
}

/** Whoever may change a channel must not learn a stored password by having it sent to a server of his own. */
function refuseMovedSecret(before: ChannelRow, settings: ChannelSettings): void {
  if (before.sealedSecret === null || !isEmail(settings) || !isEmail(before.settings)) return;
  const { host, port, security, user } = before.settings;
  if (
    settings.host === host &&
    settings.port === port &&
    settings.security === security &&
    settings.user === user
  )
    return;
  throw new ConfigError("bad_input", "another mail server or user needs the password again");
}
