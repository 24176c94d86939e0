import type { ResourceDiff } from "../contract.ts";

/**
 * What a node can be asked. `compare` is a `config_dump` that the control plane holds against a version; `probe`, a synthetic request
 * to a listener of its own, is asked by rollouts only.
 */
export const ORDER_ACTIONS = ["drain", "resume", "log_level", "config_dump", "compare", "probe"] as const;
export type OrderAction = (typeof ORDER_ACTIONS)[number];

/** Envoy's. */
export const NODE_LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"] as const;
export type NodeLogLevel = (typeof NODE_LOG_LEVELS)[number];

/** The listener's, cluster's … part of a configuration dump that may be asked for alone. */
export const DUMP_RESOURCES = [
  "static_listeners",
  "dynamic_listeners",
  "static_route_configs",
  "dynamic_route_configs",
  "static_clusters",
  "dynamic_active_clusters",
  "dynamic_warming_clusters",
  "static_endpoint_configs",
  "dynamic_endpoint_configs",
  "static_secrets",
  "dynamic_active_secrets",
  "dynamic_warming_secrets",
  "ecds_filters",
  "inline_scoped_route_configs",
  "dynamic_scoped_route_configs",
] as const;
export type DumpResource = (typeof DUMP_RESOURCES)[number];

/**
 * `asked` nobody has it yet; `taken` it is on its way to the node; `done` and `refused` are the node's own answers; `expired` no answer
 * came in time (of one that was taken: the node may have done it all the same, and an answer that comes late still counts).
 */
export type OrderState = "asked" | "taken" | "done" | "refused" | "expired";

export interface NodeOrder {
  readonly id: string;
  readonly node: string;
  readonly action: OrderAction;
  readonly parameters: Readonly<Record<string, string>>;
  readonly state: OrderState;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly deadline: Date;
  readonly takenAt: Date | undefined;
  readonly settledAt: Date | undefined;
  /** Why it was refused, in the node's words. */
  readonly reason: string | undefined;
}

/** What a node says of itself on its order channel. */
export interface NodeStatus {
  /** As `/ready` says: LIVE, DRAINING, INITIALIZING, PRE_INITIALIZING. */
  readonly state: string;
  /** It was told to drain and takes traffic again when told to resume. */
  readonly healthCheckFailed: boolean;
  /** Its listeners are closed or about to be: only a restart brings them back. */
  readonly listenersStopped: boolean;
  readonly logLevel: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Downstream connections that are open. */
  readonly connections: number;
}

/** A node takes orders as long as it keeps a call to its control plane open. */
export interface NodeChannel {
  readonly since: Date;
  readonly actions: readonly string[];
  readonly status: NodeStatus;
  readonly statusAt: Date;
}

/** Whether nothing more is expected. */
export function isSettled({ state }: Pick<NodeOrder, "state">): boolean {
  return state === "done" || state === "refused" || state === "expired";
}

/** What a node has against what it would have if it ran a version: the answer to a `compare`. */
export interface NodeComparison {
  readonly version: number;
  /** `node`: its own configuration dump; `control_plane`: what it was sent, since it takes no orders. */
  readonly source: "node" | "control_plane";
  /** From the version to the node: `added` is what only the node has. */
  readonly differences: readonly ResourceDiff[];
  /** How many resources are the same. */
  readonly same: number;
  /** Routes, endpoints and secrets of the version that this node has not asked for. */
  readonly notAskedFor: number;
}

/** One resource of a configuration dump. */
export interface DumpEntry {
  /** Its place in the dump. */
  readonly index: number;
  /** `bootstrap`, `dynamic_listeners`, … */
  readonly list: string;
  readonly name: string;
  /** "" where it has none. */
  readonly version: string;
  /** ISO 8601; "" where it is not told. */
  readonly lastUpdated: string;
  readonly state: "active" | "warming" | "refused";
  /** Why, where it is refused. */
  readonly refusal: string;
}

/** What a configuration dump holds. */
export interface DumpOutline {
  readonly source: "node" | "control_plane";
  /** How many entries each list has, whatever was searched for. */
  readonly lists: Readonly<Record<string, number>>;
  /** Those that were searched for: at most 1,000. */
  readonly entries: readonly DumpEntry[];
  /** How many were found. */
  readonly found: number;
}
