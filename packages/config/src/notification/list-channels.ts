import { asc, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import { notificationChannel } from "../schema/index.ts";
import type { Channel, ChannelHealth } from "./notification-contract.ts";

export type ChannelRow = typeof notificationChannel.$inferSelect;

/** By name. Needs config.read. */
export async function listChannels(context: Context): Promise<readonly Channel[]> {
  await authorizeRead(context, "notification.channels");
  const rows = await context.db.select().from(notificationChannel).orderBy(asc(notificationChannel.name));
  const health = await readHealth(context.db);
  return rows.map((row) => toChannel(row, health.get(row.name)));
}

const NO_NEWS: ChannelHealth = { waiting: 0, dead: 0, lastSentAt: undefined, failure: undefined };

export function toChannel(row: ChannelRow, health: ChannelHealth = NO_NEWS): Channel {
  const { sealedSecret, ...rest } = row;
  return { ...rest, hasSecret: sealedSecret !== null, health };
}

async function readHealth(executor: Executor): Promise<ReadonlyMap<string, ChannelHealth>> {
  const rows = await executor.execute<{
    channel: string;
    waiting: number;
    dead: number;
    sent_at: string | null;
    failure: string | null;
  }>(sql`
    select channel, count(*) filter (where state = 'waiting')::int as waiting,
      count(*) filter (where state = 'dead')::int as dead,
      to_char(max(ended_at) filter (where state = 'sent') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as sent_at,
      (array_agg(outcome order by created_at desc) filter (where state <> 'sent' and outcome is not null and created_at >=
        coalesce((select max(s.created_at) from config.notification_delivery s
          where s.channel = d.channel and s.state = 'sent'), '-infinity')))[1] as failure
    from config.notification_delivery d group by channel`);
  return new Map(
    rows.map((row) => [
      row.channel,
      {
        waiting: row.waiting,
        dead: row.dead,
        lastSentAt: row.sent_at === null ? undefined : new Date(row.sent_at),
        failure: row.failure ?? undefined,
      },
    ]),
  );
}
