import type { Sql } from "./open-database.ts";

/**
 * What replicas tell each other, over Postgres LISTEN/NOTIFY. A notification is a hint ("look again"), never the data: a
 * payload is at most 8,000 bytes and one that is sent while a listener is away is lost, so `onReconnect` must look again.
 */
export interface NotificationBus {
  /** Resolves once the server has confirmed the subscription; the result ends it. */
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onReconnect?: () => void,
  ): Promise<() => Promise<void>>;
  /** Delivered on commit when `sql` is a transaction. */
  notify(channel: string, payload: string, within?: Sql): Promise<void>;
}

export function openNotificationBus(sql: Sql): NotificationBus {
  return {
    async listen(channel, onPayload, onReconnect) {
      let first = true;
      const subscription = await sql.listen(channel, onPayload, () => {
        if (!first) onReconnect?.();
        first = false;
      });
      return () => subscription.unlisten();
    },
    async notify(channel, payload, within = sql) {
      await within`select pg_notify(${channel}, ${payload})`;
    },
  };
}
