import { eq, inArray } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import {
  type Context,
  type NodeChannel,
  type NodeState,
  RESOURCE_KINDS,
  type ResourceKind,
} from "../contract.ts";
import { effectiveLabels, targetOf } from "../rollout/node-target.ts";
import { targetsIn } from "../rollout/read-targets.ts";
import { controlReplica, node, nodeChannel, nodeTypeState, version } from "../schema/index.ts";
import { REPLICA_LEASE_MS } from "./lease.ts";
import { effectiveVersion, nodeSync, type Target, type TypeStateRow, toTypeState } from "./sync-state.ts";

type NodeRow = typeof node.$inferSelect;

interface PlacedNode extends Pick<NodeState, "labels" | "operatorLabels" | "group"> {
  readonly node: NodeRow;
  readonly heartbeatAt: Date | null;
  readonly channel: typeof nodeChannel.$inferSelect | null;
  readonly target: number | undefined;
}

export interface ReadNodesOptions {
  readonly id?: string;
  /** Judge by this version; default: the one that each node should run. */
  readonly against?: number;
}

/** Nodes with how far each is; connected ones first, then by id. */
export async function readNodes(
  executor: Executor,
  now: Context["now"],
  { id, against }: ReadNodesOptions = {},
): Promise<readonly NodeState[]> {
  const [nodes, states, targets] = await Promise.all([
    executor
      .select({ node, heartbeatAt: controlReplica.heartbeatAt, channel: nodeChannel })
      .from(node)
      .leftJoin(nodeChannel, eq(nodeChannel.node, node.id))
      .leftJoin(controlReplica, eq(controlReplica.id, node.replica))
      .where(id === undefined ? undefined : eq(node.id, id)),
    executor
      .select()
      .from(nodeTypeState)
      .where(id === undefined ? undefined : eq(nodeTypeState.node, id)),
    targetsIn(executor),
  ]);
  const placed = nodes.map((read) => {
    const own = targets.operatorLabels.get(read.node.id);
    const labels = effectiveLabels(read.node.labels, own);
    const { group, version } = targetOf(targets, { id: read.node.id, labels });
    return { ...read, labels, operatorLabels: own ?? {}, group, target: against ?? version };
  });
  const kindsOf = await readKinds(executor, placed, states);
  const byNode = Map.groupBy(states, (state) => state.node);
  return placed
    .map((read) => toNodeState(read, byNode.get(read.node.id) ?? [], kindsOf, now()))
    .toSorted((a, b) => Number(b.connected) - Number(a.connected) || (a.id < b.id ? -1 : 1));
}

/** Of all versions that the nodes should run or speak of. */
async function readKinds(
  executor: Executor,
  placed: readonly PlacedNode[],
  states: readonly TypeStateRow[],
): Promise<Target["kindsOf"]> {
  const numbers = new Set<number>();
  for (const { target } of placed) if (target !== undefined) numbers.add(target);
  for (const { sent, acknowledged, effective, refused } of states) {
    for (const number of [sent, acknowledged, effective, refused]) if (number !== null) numbers.add(number);
  }
  if (numbers.size === 0) return new Map();
  const rows = await executor
    .select({ number: version.number, kinds: version.kinds })
    .from(version)
    .where(inArray(version.number, [...numbers]));
  return new Map(rows.map((row) => [row.number, row.kinds]));
}

function toNodeState(
  { node: row, heartbeatAt, channel, labels, operatorLabels, group, target: targetVersion }: PlacedNode,
  states: readonly TypeStateRow[],
  kindsOf: Target["kindsOf"],
  now: Date,
): NodeState {
  const kinds = targetVersion === undefined ? undefined : kindsOf.get(targetVersion);
  const target =
    targetVersion === undefined || kinds === undefined
      ? undefined
      : { version: targetVersion, kinds, kindsOf };
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
    labels,
    operatorLabels,
    group,
    connected,
    since: row.connected && !leased ? leaseEnd : row.since,
    lastSeenAt: row.lastSeenAt,
    peer: row.peer,
    extensions: row.extensions,
    targetVersion: target?.version,
    effectiveVersion: connected ? effectiveVersion(byKind, target) : undefined,
    sync: nodeSync(connected, byKind, target),
    types: RESOURCE_KINDS.map((kind) => toTypeState(kind, byKind.get(kind), connected, target)),
    channel: connected && channel !== null ? toChannel(channel) : undefined,
  };
}

function toChannel({ since, actions, status, statusAt }: typeof nodeChannel.$inferSelect): NodeChannel {
  return { since, actions, status, statusAt };
}
