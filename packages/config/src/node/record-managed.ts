import { sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { CHANNELS } from "../contract.ts";
import type { NodeContext } from "./record-node-events.ts";

/** What a node's own stats show of what changes without a version. */
export interface NodeManagedEvent {
  readonly id: string;
  /** `managedRevision` of what its listeners run; undefined: they run, or warm, something else. */
  readonly revision: string | undefined;
  /** SHA-256 of the automatic certificates in force, hex, by their names. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

/** Of several events of one node the last counts. Events of nodes that were never connected are dropped. */
export async function recordManaged(
  context: NodeContext,
  events: readonly NodeManagedEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const last = [...new Map(events.map((event) => [event.id, event])).values()];
  await databaseOver(context.sql).execute(sql`
    with changed as (
      insert into config.node_managed as m (node, revision, fingerprints)
      select id, revision, fingerprints
        from json_to_recordset(${JSON.stringify(last)}::text::json) as e(id text, revision text, fingerprints jsonb)
        where id in (select id from config.node)
      on conflict (node) do update set revision = excluded.revision, fingerprints = excluded.fingerprints
      returning node
    )
    select pg_notify(${CHANNELS.node}, json_build_object('id', node)::text) from changed`);
}
