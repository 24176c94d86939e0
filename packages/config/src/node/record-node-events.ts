import { type SQL, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { CHANNELS, type Context, type ResourceKind } from "../contract.ts";

/** What the control plane's verbs need: no user acts here. */
export type NodeContext = Pick<Context, "sql" | "now">;

export interface ConnectedNode {
  readonly id: string;
  readonly cluster: string;
  readonly product: "sluice" | "envoy" | "other";
  readonly productVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `ip:port` of the peer. */
  readonly peer: string;
  /** Names and type URLs (with or without `type.googleapis.com/`) of what the node can do. */
  readonly extensions: readonly string[];
  /** Which control replica has its stream; see `heartbeatReplica`. */
  readonly replica: string;
  /** Tells this stream from an older one of the same node: a late `recordDisconnected` of the older is ignored. */
  readonly connection: string;
}

export interface DisconnectedNode {
  readonly id: string;
  readonly connection: string;
}

/** `version`: the number of the version whose content of that kind it is (the newest, where several have the same). */
export interface NodeTypeEvent {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly version: number;
}

export interface NodeNackEvent extends NodeTypeEvent {
  /** The node's own words. */
  readonly message: string;
}

/**
 * Each of these takes a batch (also an empty one), is one statement, notifies `sluice_node` for each node that changed, and
 * is harmless when repeated. Events of nodes that were never connected are dropped.
 */
export async function recordConnected(context: NodeContext, nodes: readonly ConnectedNode[]): Promise<void> {
  if (nodes.length === 0) return;
  await databaseOver(context.sql).execute(sql`
    with event as (
      select distinct on (id) * from json_to_recordset(${asJson(nodes)}::text::json) as e(id text, cluster text,
        product text, "productVersion" text, labels jsonb, peer text, extensions jsonb, replica text, connection text)
    ), changed as (
      insert into config.node as n (id, cluster, product, product_version, labels, peer, extensions, connected, since,
        last_seen_at, replica, connection)
      select id, cluster, product, "productVersion", labels, peer, extensions, true, ${now(context)}, ${now(context)},
        replica, connection from event
      on conflict (id) do update set cluster = excluded.cluster, product = excluded.product,
        product_version = excluded.product_version, labels = excluded.labels, peer = excluded.peer,
        extensions = excluded.extensions, connected = true, last_seen_at = excluded.last_seen_at,
        since = case when n.connected and n.connection = excluded.connection then n.since else excluded.since end,
        replica = excluded.replica, connection = excluded.connection
      returning id
    ), forgotten as (
      delete from config.node_type_state s using changed c, config.node n
      where s.node = c.id and n.id = c.id and n.connection <> (select connection from event e where e.id = c.id)
    )
    ${NOTIFY_CHANGED}`);
}

/** Of a stream that a newer one of the same node took over from: nothing. */
export async function recordDisconnected(
  context: NodeContext,
  nodes: readonly DisconnectedNode[],
): Promise<void> {
  if (nodes.length === 0) return;
  await databaseOver(context.sql).execute(sql`
    with event as (
      select distinct on (id) * from json_to_recordset(${asJson(nodes)}::text::json) as e(id text, connection text)
    ), changed as (
      update config.node n set connected = false, since = ${now(context)} from event e
      where n.id = e.id and n.connection = e.connection and n.connected
      returning n.id
    )
    ${NOTIFY_CHANGED}`);
}

export async function recordSent(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  await upsertStates(context, events, ["sent"]);
}

/** Takes back a refusal: the node has something newer than what it refused. */
export async function recordAck(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  await upsertStates(context, events, ["acknowledged", "refused", "refusal", "refused_at"]);
}

export async function recordNack(context: NodeContext, events: readonly NodeNackEvent[]): Promise<void> {
  await upsertStates(context, events, ["refused", "refusal", "refused_at"]);
}

/** The node's own stats say that this version's resources of the kind are active and none is warming. */
export async function recordEffective(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  await upsertStates(context, events, ["effective"]);
}

/** Telemetry came: `lastSeenAt`. At most one call per second and node is plenty. Notifies nobody. */
export async function recordSeen(context: NodeContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await databaseOver(context.sql).execute(sql`
    update config.node set last_seen_at = ${now(context)}
    where id in (select json_array_elements_text(${asJson(ids)}::text::json)) and last_seen_at < ${now(context)}`);
}

type StateColumn = "sent" | "acknowledged" | "effective" | "refused" | "refusal" | "refused_at";

/** Of several events of one node and kind in a batch the last counts. Unchanged rows are neither written nor notified. */
async function upsertStates(
  context: NodeContext,
  events: readonly (NodeTypeEvent & { readonly message?: string })[],
  columns: readonly StateColumn[],
): Promise<void> {
  if (events.length === 0) return;
  const refuses = columns[0] === "refused";
  const rows = events.map(({ id, kind, version, message }) => ({
    node: id,
    kind,
    sent: version,
    acknowledged: version,
    effective: version,
    refused: refuses ? version : null,
    refusal: refuses ? message : null,
    refused_at: refuses ? context.now().toISOString() : null,
  }));
  const names = sql.raw(columns.join(", "));
  const excluded = sql.raw(columns.map((column) => `excluded.${column}`).join(", "));
  // The time alone is no change: the same refusal again keeps its first time.
  const compared = columns.filter((column) => column !== "refused_at");
  const differs = sql.raw(
    compared.map((column) => `s.${column} is distinct from excluded.${column}`).join(" or "),
  );
  await databaseOver(context.sql).execute(sql`
    with numbered as (
      select *, row_number() over () as number from json_to_recordset(${asJson(rows)}::text::json) as e(node text,
        kind text, sent int, acknowledged int, effective int, refused int, refusal text, refused_at timestamptz)
    ), event as (
      select distinct on (node, kind) * from numbered where node in (select id from config.node)
      order by node, kind, number desc
    ), changed as (
      insert into config.node_type_state as s (node, kind, ${names})
      select node, kind, ${names} from event
      on conflict (node, kind) do update set (${names}) = row(${excluded}) where ${differs}
      returning s.node as id, s.kind, s.refused, s.refusal
    )${refuses ? tellRefusals(context) : sql``}
    ${NOTIFY_CHANGED}`);
}

/** In the same statement as the refusal itself. The group is found when the event is handed out. */
function tellRefusals(context: NodeContext): SQL {
  return sql`, told as (
      insert into config.notification_event (at, kind, node, subject, topic, details)
      select ${now(context)}, 'node.refused', id, 'node/' || id, refused || '/' || kind,
        jsonb_build_object('version', refused, 'kind', kind, 'message', refusal) from changed
    )`;
}

const NOTIFY_CHANGED: SQL = sql`select pg_notify(${CHANNELS.node}, json_build_object('id', id)::text)
  from (select distinct id from changed) notified`;

function now(context: NodeContext): SQL {
  return sql`${context.now().toISOString()}::timestamptz`;
}

function asJson(value: unknown): string {
  return JSON.stringify(value);
}
