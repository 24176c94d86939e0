import { eq, inArray } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { type Context, type NodeState, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import { controlReplica, node, nodeTypeState, version } from "../schema/index.ts";
import { REPLICA_LEASE_MS } from "./lease.ts";
import { effectiveVersion, nodeSync, type Target, type TypeStateRow, toTypeState } from "./sync-state.ts";

type NodeRow = typeof node.$inferSelect;

interface ReadNode {
  readonly node: NodeRow;
  readonly heartbeatAt: Date | null;
}

/** Nodes as `target` (a version's number) has them; connected ones first, then by id. */
export async function readNodes(
  executor: Executor,
  now: Context["now"],
  target: number | undefined,
  id?: string,
): Promise<readonly NodeState[]> {
  const [nodes, states] = await Promise.all([
    executor
      .select({ node, heartbeatAt: controlReplica.heartbeatAt })
      .from(node)
      .leftJoin(controlReplica, eq(controlReplica.id, node.replica))
      .where(id === undefined ? undefined : eq(node.id, id)),
    executor
      .select()
      .from(nodeTypeState)
      .where(id === undefined ? undefined : eq(nodeTypeState.node, id)),
  ]);
  const judged = await readTarget(executor, target, states);
  const byNode = Map.groupBy(states, (state) => state.node);
  return nodes
    .map((read) => toNodeState(read, byNode.get(read.node.id) ?? [], judged, now()))
    .toSorted((a, b) => Number(b.connected) - Number(a.connected) || (a.id < b.id ? -1 : 1));
}

async function readTarget(
  executor: Executor,
  target: number | undefined,
  states: readonly TypeStateRow[],
): Promise<Target | undefined> {
  if (target === undefined) return undefined;
  const numbers = new Set(
    states.flatMap(({ sent, acknowledged, effective, refused }) => [
      ...[sent, acknowledged, effective, refused].filter((number) => number !== null),
    ]),
  );
  numbers.add(target);
  const rows = await executor
    .select({ number: version.number, kinds: version.kinds })
    .from(version)
    .where(inArray(version.number, [...numbers]));
  const kindsOf = new Map(rows.map((row) => [row.number, row.kinds]));
  const kinds = kindsOf.get(target);
  return kinds && { version: target, kinds, kindsOf };
}

function toNodeState(
  { node: row, heartbeatAt }: ReadNode,
  states: readonly TypeStateRow[],
  target: Target | undefined,
  now: Date,
): NodeState {
  // A replica that was killed says nothing of its nodes: its lease does.
  const leaseEnd = heartbeatAt === null ? row.lastSeenAt : new Date(heartbeatAt.getTime() + REPLICA_LEASE_MS);
  const leased = heartbeatAt !== null && leaseEnd > now;
  const connected = row.connected && leased;
  const byKind = new Map<ResourceKind, TypeStateRow>(states.map((state) => [state.kind, state]));
  return {
    id: row.id,
    cluster: row.cluster,
    product: row.product,
    productVersion: row.productVersion,
    labels: row.labels,
    connected,
    since: row.connected && !leased ? leaseEnd : row.since,
    lastSeenAt: row.lastSeenAt,
    peer: row.peer,
    extensions: row.extensions,
    targetVersion: target?.version,
    effectiveVersion: connected ? effectiveVersion(byKind, target) : undefined,
    sync: nodeSync(connected, byKind, target),
    types: RESOURCE_KINDS.map((kind) => toTypeState(kind, byKind.get(kind), connected, target)),
  };
}
