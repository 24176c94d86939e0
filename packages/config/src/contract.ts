/**
 * The words of the configuration model. Verbs live in one folder per entity, one file per verb
 * (`draft/put-resource.ts`); each takes a `Context` first, checks the actor's role, opens its transaction and writes its
 * audit event. Results are values; refusals are `ConfigError`.
 */
import type { Database, Sql } from "@sluice/database";
import type { ConfigProblem } from "@sluice/xds";

export type Role = "viewer" | "editor" | "admin";

/** Who does it. `system` is the appliance itself (first configuration, automatic revert). */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export interface Context {
  readonly db: Database;
  readonly sql: Sql;
  readonly actor: Actor;
  /** Wall clock; injected. */
  readonly now: () => Date;
}

/** A closed union: the web layer and the CLI map codes to statuses in one place. */
export type ConfigErrorCode =
  | "forbidden"
  | "not_found"
  | "already_exists"
  /** Somebody else changed it since you read it; `details` says who, when and what is there now. */
  | "conflict"
  /** `details.problems`. */
  | "invalid"
  /** Nothing differs from what is live. */
  | "nothing_to_publish";

/** In path order of Envoy's API. `endpoints` are ClusterLoadAssignments served by EDS. */
export const RESOURCE_KINDS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** One resource in the draft. */
export interface DraftResource {
  readonly kind: ResourceKind;
  readonly name: string;
  /** The text as the user left it, comments and all. The truth of the draft; may be invalid. */
  readonly yaml: string;
  /** Proto JSON of the text (snake_case field names), or undefined while it does not parse. */
  readonly json: unknown;
  /** For optimistic locking: goes up by one at each change of this resource. */
  readonly revision: number;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  /** Against the live version. */
  readonly change: "added" | "modified" | "unchanged";
  /** Of this resource: rules, references to others, not implemented by a node. */
  readonly problems: readonly ConfigProblem[];
}

export interface ResourceRef {
  readonly kind: ResourceKind;
  readonly name: string;
}

/** A reference from one resource to another: where it stands and what it names. */
export interface Reference {
  readonly from: ResourceRef;
  readonly path: string;
  readonly to: ResourceRef;
}

/** Immutable. */
export interface Version {
  /** 1, 2, 3 … */
  readonly number: number;
  /** SHA-256 over the whole content, hex. Two versions with the same content have the same hash. */
  readonly hash: string;
  readonly parent: number | undefined;
  readonly message: string;
  readonly author: string;
  readonly createdAt: Date;
  /** Nodes are told to run this one now. */
  readonly live: boolean;
  readonly resourceCount: number;
}

export interface ResourceDiff {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly change: "added" | "removed" | "modified";
  readonly beforeYaml: string | undefined;
  readonly afterYaml: string | undefined;
  /** Semantic: list items that have a name are paired by it, others by position. Empty for added and removed. */
  readonly fields: readonly FieldDiff[];
}

export interface FieldDiff {
  /** `virtual_hosts[web].routes[2].route.timeout` */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A rollout tells every node which version to run; the newest is in force. A rollback is a rollout of an older version. */
export interface Rollout {
  readonly id: number;
  readonly version: number;
  readonly kind: "publish" | "rollback";
  readonly author: string;
  readonly createdAt: Date;
}

/** One node as the control plane sees it. */
export interface NodeState {
  readonly id: string;
  readonly cluster: string;
  readonly product: "sluice" | "envoy" | "other";
  readonly productVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly connected: boolean;
  /** Since when it is in that state. */
  readonly since: Date;
  readonly lastSeenAt: Date;
  readonly peer: string;
  readonly extensions: readonly string[];
  /** The version (number) that it should run, and the worst of its resources' states. */
  readonly targetVersion: number | undefined;
  readonly effectiveVersion: number | undefined;
  readonly sync: SyncState;
  readonly types: readonly NodeTypeState[];
}

/**
 * `pending` nothing sent yet, `sent`, `acknowledged`, `refused` (the old one keeps serving), `effective` (the node's own
 * stats say that it is active and nothing is warming).
 */
export type SyncState = "pending" | "sent" | "acknowledged" | "refused" | "effective" | "disconnected";

export interface NodeTypeState {
  readonly kind: ResourceKind;
  readonly state: SyncState;
  readonly sentVersion: number | undefined;
  readonly acknowledgedVersion: number | undefined;
  /** The node's own words. */
  readonly refusal: { readonly version: number; readonly message: string; readonly at: Date } | undefined;
}

export interface AuditEvent {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  /** `draft.put`, `version.publish`, `version.rollback`, `user.create`, … */
  readonly action: string;
  readonly subject: string;
  readonly details: unknown;
}

/**
 * Notification channels (payloads are small JSON hints):
 * `sluice_draft` {kind,name,revision}; `sluice_rollout` {rollout,version}; `sluice_node` {id}.
 */
export const CHANNELS = { draft: "sluice_draft", rollout: "sluice_rollout", node: "sluice_node" } as const;
