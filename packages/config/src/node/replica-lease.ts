import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { CHANNELS } from "../contract.ts";
import type { NodeContext } from "./record-node-events.ts";

/** Says that a control replica lives; every REPLICA_LEASE_MS / 3. `replica`: unique per process start. */
export async function heartbeatReplica(context: NodeContext, replica: string): Promise<void> {
  const now = context.now().toISOString();
  await databaseOver(context.sql).execute(sql`
    insert into config.control_replica (id, heartbeat_at) values (${replica}, ${now}::timestamptz)
    on conflict (id) do update set heartbeat_at = excluded.heartbeat_at`);
}

/** At orderly shutdown: its nodes are disconnected now, not after the lease. */
export async function releaseReplica(context: NodeContext, replica: string): Promise<void> {
  const now = context.now().toISOString();
  await databaseOver(context.sql).execute(sql`
    with gone as (
      delete from config.control_replica where id = ${replica}
    ), channels as (
      delete from config.node_channel where replica = ${replica}
    ), changed as (
      update config.node set connected = false, since = ${now}::timestamptz
      where replica = ${replica} and connected returning id
    )
    select pg_notify(${CHANNELS.node}, json_build_object('id', id)::text) from changed`);
}
