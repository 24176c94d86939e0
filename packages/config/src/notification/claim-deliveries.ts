import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import type { ChannelKind, ChannelSettings, NotificationMessage } from "./notification-contract.ts";

/** A message that its holder is to send now. */
export interface ClaimedDelivery {
  readonly id: string;
  /** 1 at the first try. */
  readonly attempt: number;
  readonly message: NotificationMessage;
  readonly channel: {
    readonly name: string;
    readonly kind: ChannelKind;
    readonly settings: ChannelSettings;
    readonly sealedSecret: string | null;
  };
}

/**
 * Takes up to `count` messages that are due, for `holdMs`: a holder that does not say in that time what came of one (`settleDelivery`)
 * loses it to the next. So a message may be sent twice, by a crash between sending and saying so, and is never lost.
 */
export async function claimDeliveries(
  context: NodeContext,
  { count, holdMs }: { readonly count: number; readonly holdMs: number },
): Promise<readonly ClaimedDelivery[]> {
  const now = context.now();
  const until = new Date(now.getTime() + holdMs).toISOString();
  const rows = await databaseOver(context.sql).execute<{
    id: string;
    attempts: number;
    message: NotificationMessage;
    name: string;
    kind: ChannelKind;
    settings: ChannelSettings;
    sealed_secret: string | null;
  }>(sql`
    update config.notification_delivery d set attempts = d.attempts + 1, due_at = ${until}::timestamptz
    from config.notification_channel c
    where c.name = d.channel and d.id in (
      select w.id from config.notification_delivery w join config.notification_channel e on e.name = w.channel
      where w.state = 'waiting' and w.due_at <= ${now.toISOString()}::timestamptz and e.enabled
      order by w.due_at limit ${count} for update of w skip locked
    )
    returning d.id, d.attempts, d.message, c.name, c.kind, c.settings, c.sealed_secret`);
  return rows.map((row) => ({
    id: row.id,
    attempt: row.attempts,
    message: row.message,
    channel: { name: row.name, kind: row.kind, settings: row.settings, sealedSecret: row.sealed_secret },
  }));
}
