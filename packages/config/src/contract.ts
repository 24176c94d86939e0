/**
 * The words of the configuration model. Verbs live in one folder per entity, one file per verb
 * (`draft/put-resource.ts`); each takes a `Context` first, checks the actor's permission (`access/`), opens its transaction and writes its
 * audit event. Results are values; refusals are `ConfigError`.
 */
import type { Database, Sql } from "@sluice/database";
import type { ConfigProblem } from "@sluice/xds";
import type { Grant } from "./access/grant.ts";
import type { KeyRing } from "./envelope/key-ring.ts";
import type { NodeChannel } from "./order/order-contract.ts";
import type { DataPlaneCheck } from "./publish-check/data-plane-check.ts";

export * from "./alert/alert-contract.ts";
export * from "./approval/approval-contract.ts";
export * from "./authority/authority-contract.ts";
export * from "./notification/notification-contract.ts";
export * from "./order/order-contract.ts";
export * from "./probe/probe-contract.ts";
export * from "./rollout/rollout-contract.ts";
export * from "./rollout/rollout-reason.ts";
export * from "./settings/settings-contract.ts";

/** Who does it. `system` is the appliance itself (first configuration, automatic revert). */
export interface Actor {
  readonly id: string;
  readonly name: string;
  /** Name of a built-in role or of one that somebody made. */
  readonly role: string;
  /** What the actor may do; default: what the built-in role `role` allows, and nothing for another name. */
  readonly grants?: readonly Grant[] | undefined;
  /** Id of the API token by which the person `id` acts; undefined in a session. */
  readonly token?: string | undefined;
}

export interface Context {
  readonly db: Database;
  readonly sql: Sql;
  readonly actor: Actor;
  /** Wall clock; injected. */
  readonly now: () => Date;
  /** The source in whose name resources are changed: those that come from it may be. */
  readonly source?: string | undefined;
  /** Judges a draft before it is published; without it publishing goes unjudged, and says so. */
  readonly dataPlane?: DataPlaneCheck | undefined;
  /** Seals what is secret at rest; verbs that store secrets refuse without it. */
  readonly ring?: KeyRing | undefined;
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
  | "nothing_to_publish"
  /** The group is frozen: the message says by whom, when and why. */
  | "frozen"
  /** It would go around the approval that a protected group needs: the message says how to ask for it. */
  | "protected"
  /** What was asked for makes no sense, whatever there is: the message says what would. */
  | "bad_input";

/** A refusal. `details` is JSON; its shape depends on the code (see `ConflictDetails`, `InvalidDetails`). */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  readonly details: unknown;

  constructor(code: ConfigErrorCode, message: string, details: unknown = undefined) {
    super(message);
    this.name = "ConfigError";
    this.code = code;
    this.details = details;
  }
}

/** `details` of `conflict`. */
export interface ConflictDetails {
  /** Who changed it, and when. Undefined when it was removed by an unknown hand. */
  readonly by: string | undefined;
  readonly at: string | undefined;
  /** A draft resource: what is there now (secrets redacted); `undefined` when it is gone. */
  readonly current?: { readonly yaml: string; readonly revision: number } | undefined;
  /** A publish or rollback that came in between: its version. */
  readonly version?: number;
}

/** `details` of `invalid`. */
export interface InvalidDetails {
  readonly problems: readonly ResourceProblem[];
}

/** A problem and the resource that has it. */
export interface ResourceProblem {
  readonly resource: ResourceRef;
  readonly problem: ConfigProblem;
}

/** In path order of Envoy's API. `endpoints` are ClusterLoadAssignments served by EDS. */
export const RESOURCE_KINDS = ["listeners", "routes", "clusters", "endpoints", "secrets"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** Full message names, without `type.googleapis.com/`. */
export const KIND_TYPES = {
  listeners: "envoy.config.listener.v3.Listener",
  routes: "envoy.config.route.v3.RouteConfiguration",
  clusters: "envoy.config.cluster.v3.Cluster",
  endpoints: "envoy.config.endpoint.v3.ClusterLoadAssignment",
  secrets: "envoy.extensions.transport_sockets.tls.v3.Secret",
} as const satisfies Record<ResourceKind, string>;

/** The cluster that every node's bootstrap provides: the control plane itself. References to it are always good. */
export const CONTROL_CLUSTER = "sluice_control";

/** What stands in every read where a secret's value is: `[redacted 1]`. Putting it back unchanged keeps the stored value. */
export const REDACTED = /^\[redacted(?: \d+)?\]$/;

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

/** What an unsaved text would be if it were put. */
export interface CheckedText {
  /** From the text; undefined when the text has none. */
  readonly name: string | undefined;
  readonly json: unknown;
  readonly problems: readonly ConfigProblem[];
  readonly references: readonly Reference[];
}

/**
 * One edit of a form. `path` is a proto field path in snake_case (`virtual_hosts[0].routes[2].route.timeout`); list items
 * are addressed by position.
 */
export type FieldEdit =
  /** Sets a value (JSON), making what is missing on the way. Index = length appends. */
  | { readonly op: "set"; readonly path: string; readonly value: unknown }
  /** Removes a field or list item. Harmless when it is not there. */
  | { readonly op: "remove"; readonly path: string }
  /** Inserts into the list at `path` before `index`; the list is made when missing. */
  | { readonly op: "insert"; readonly path: string; readonly index: number; readonly value: unknown }
  /** Moves an item of the list at `path`. */
  | { readonly op: "move"; readonly path: string; readonly from: number; readonly to: number };

/** Numbers for badges. */
export interface DraftStatus {
  /** Names the draft's content and what is live; `publish` takes it so that nobody publishes what he has not seen. */
  readonly hash: string;
  readonly liveVersion: number | undefined;
  readonly resourceCount: number;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  readonly errors: number;
  readonly warnings: number;
}

export interface DraftDiff {
  readonly hash: string;
  readonly liveVersion: number | undefined;
  /** By kind, then name. */
  readonly resources: readonly ResourceDiff[];
  /** Of the whole draft; errors block publishing. */
  readonly problems: readonly ResourceProblem[];
  /** Of everything, also where not all of it was asked for. */
  readonly counts: {
    readonly added: number;
    readonly modified: number;
    readonly removed: number;
    readonly errors: number;
    readonly warnings: number;
  };
  /** The route tests are not those of what is live: there is something to publish even with no resource changed. */
  readonly routeTestsChanged: boolean;
}

/** One resource of a version, secrets redacted. */
export interface VersionResource {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly yaml: string;
  readonly json: unknown;
  /** SHA-256, hex. */
  readonly hash: string;
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
  /** The default group follows it, or it is on its way there. */
  readonly live: boolean;
  readonly resourceCount: number;
  /** Names that people gave it, sorted. */
  readonly tags: readonly string[];
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
  /** Of `labels`, those that an operator set; they win over the node's own. */
  readonly operatorLabels: Readonly<Record<string, string>>;
  /** Name of the group that its labels put it in. */
  readonly group: string;
  /** The version (number) that it should run, and the worst of its resources' states. */
  readonly targetVersion: number | undefined;
  readonly effectiveVersion: number | undefined;
  readonly sync: SyncState;
  readonly types: readonly NodeTypeState[];
  /** Undefined: it takes no orders (a stock Envoy, or a bootstrap without an order channel), or is not connected. */
  readonly channel: NodeChannel | undefined;
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
  readonly effectiveVersion: number | undefined;
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
 * `sluice_draft` {kind,name,revision}, or {all} where many changed; `sluice_rollout` {rollout,version} or {group}; `sluice_node` {id}; `sluice_join`, of join
 * tokens and node certificates, {token} or {node}; `sluice_order` {node,order}; `sluice_notification`, of channels, messages and
 * alerts, {channel}, {delivery}, {rule} or counts.
 */
export const CHANNELS = {
  draft: "sluice_draft",
  rollout: "sluice_rollout",
  node: "sluice_node",
  join: "sluice_join",
  order: "sluice_order",
  notification: "sluice_notification",
} as const;
