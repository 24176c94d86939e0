import type { Context, ResourceKind } from "../contract.ts";

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
 * Each takes a batch (also an empty one), is one statement, notifies `sluice_node` for each node that changed, and is
 * harmless when repeated. Events of nodes that were never connected are dropped.
 */
export async function recordConnected(context: NodeContext, nodes: readonly ConnectedNode[]): Promise<void> {
  throw new Error("being built");
}

export async function recordDisconnected(
  context: NodeContext,
  nodes: readonly DisconnectedNode[],
): Promise<void> {
  throw new Error("being built");
}

export async function recordSent(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  throw new Error("being built");
}

export async function recordAck(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  throw new Error("being built");
}

export async function recordNack(context: NodeContext, events: readonly NodeNackEvent[]): Promise<void> {
  throw new Error("being built");
}

/** The node's own stats say that this version's resources of the kind are active and none is warming. */
export async function recordEffective(context: NodeContext, events: readonly NodeTypeEvent[]): Promise<void> {
  throw new Error("being built");
}

/** Telemetry came: `lastSeenAt`. At most one call per second and node is plenty. */
export async function recordSeen(context: NodeContext, ids: readonly string[]): Promise<void> {
  throw new Error("being built");
}
