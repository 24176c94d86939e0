/** The words of node groups and rollouts; part of the package's contract. */
import type { ResourceKind, SyncState } from "../contract.ts";
import type { ProbeState, SyntheticProbe } from "../probe/probe-contract.ts";
import type { Reason } from "./rollout-reason.ts";

/** Nodes that no other group takes belong to it; it cannot be removed and stands last. */
export const DEFAULT_GROUP = "default";

/** Nodes that follow one version. A node belongs to the first group, by `position`, whose selector its labels match. */
export interface NodeGroup {
  readonly name: string;
  /** From 0; the default group comes last. */
  readonly position: number;
  /** `zone in (a, b), !canary`; "" for the default group only. */
  readonly selector: string;
  /** What its nodes are told to run, those of a canary excepted; undefined: nothing yet. */
  readonly version: number | undefined;
  /** The rollout that is under way in it. */
  readonly rollout: number | undefined;
  readonly frozen: { readonly by: string; readonly at: Date; readonly reason: string } | undefined;
  /** What its rollouts send to every node, unless they say otherwise. */
  readonly probe: SyntheticProbe | undefined;
  /** A rollout to it needs the approval of a second person. */
  readonly protected: { readonly by: string; readonly at: Date } | undefined;
  /** For optimistic locking: goes up by one at each change of selector. */
  readonly revision: number;
}

export interface NodeGroupSummary extends NodeGroup {
  readonly nodes: number;
  readonly connected: number;
  /** Connected nodes on which their target is effective. */
  readonly effective: number;
}

/** Who gets the version at a step: nodes of the group that match a selector, or a share of them, in percent (0 < p ≤ 100). */
export type RolloutStep = { readonly selector: string } | { readonly percent: number };

/** When the new nodes are worse than the old ones; see `compareMeasures` of @sluice/telemetry for the rule. */
export interface ComparisonRule {
  /** Requests that each side must have had; fewer: nothing is concluded. Default 100. */
  readonly requestsMin: number;
  /** Share of failed requests (0…1) by which the new ones may exceed the old ones. Default 0.01. */
  readonly errorRateRise: number;
  /** By how much the new ones' p95 may exceed the old ones'. Default 1.5. */
  readonly latencyFactor: number;
  /** What happens at the end of a step's wait when there were too few requests. Default `advance`. */
  readonly inconclusive: "advance" | "pause";
}

export interface RolloutStrategy {
  /** In order, each with those before it; the last is 100 percent. */
  readonly steps: readonly RolloutStep[];
  /** How long each step is watched once it is effective. Default 60 s with a canary, else 0. */
  readonly stepWaitMs: number;
  /** How long a step's nodes may take until the version is effective, and disconnected ones to come back. Default 60 s. */
  readonly effectiveWithinMs: number;
  /** `manual`: each step waits for `promoteRollout`. Default `automatic`. */
  readonly promote: "automatic" | "manual";
  /** On a refusal, a missing effect or a worse comparison. Default `revert` with a canary, else `keep`: say it and go on. */
  readonly onFailure: "revert" | "pause" | "keep";
  /** Null: error rates and latencies are not compared. Default: compared with a canary, else not. */
  readonly compare: ComparisonRule | null;
  /** What every node must answer before a step counts as done. Null, or undefined in rollouts of before: nothing is sent. */
  readonly probe?: SyntheticProbe | null | undefined;
}

/**
 * `running`, `paused` and `reverting` are under way. `completed`: seen effective on every connected node of the group.
 * `reverting`: the nodes are told the version of before, which is not yet seen on all; it ends as `reverted` (by itself) or
 * `aborted` (by hand). `superseded`: another rollout of the group took its place.
 */
export type RolloutPhase =
  | "running"
  | "paused"
  | "reverting"
  | "completed"
  | "reverted"
  | "aborted"
  | "superseded";

/** `deploying`: until it is effective on the step's nodes; `observing`: the step's wait; `holding`: until somebody promotes. */
export type RolloutStage = "deploying" | "observing" | "holding";

/** What is ordered; immutable. A rollback is a rollout of an older version. */
export interface Rollout {
  readonly id: number;
  readonly group: string;
  readonly version: number;
  /** What the group followed before, and goes back to; undefined: nothing. */
  readonly previous: number | undefined;
  readonly kind: "publish" | "rollback";
  readonly strategy: RolloutStrategy;
  readonly author: string;
  readonly createdAt: Date;
}

/** Where a rollout stands. */
export interface RolloutProgress {
  readonly phase: RolloutPhase;
  /** Index into `strategy.steps`. */
  readonly step: number;
  readonly stage: RolloutStage;
  /** Since when it is in that stage (or phase). */
  readonly since: Date;
  /** Why: of a pause, a revert, an abort, or what is in the way of a running one. */
  readonly reason: string | undefined;
  /** The same for translation; undefined: none, or one from before there were codes. */
  readonly words: Reason | undefined;
  /** Nodes that were not connected when their deadline ended; they do not count as done. */
  readonly missing: readonly string[];
  readonly comparison: RolloutComparison | undefined;
  /** Goes up with each transition. */
  readonly revision: number;
}

export interface ListedRollout extends Rollout, RolloutProgress {}

/** The new nodes against the old ones, as last judged. */
export interface RolloutComparison {
  readonly verdict: "fine" | "worse" | "inconclusive";
  /** In words, with the figures that decided. */
  readonly reason: string;
  /** The same for translation; undefined: from before there were codes. */
  readonly words?: Reason | undefined;
  /** `old nodes` of the same group at the same time, or `before`: the new nodes before the rollout. */
  readonly baseline: "old nodes" | "before";
  readonly newer: ComparedFigures;
  readonly older: ComparedFigures;
}

export interface ComparedFigures {
  readonly requests: number;
  /** 0…1; undefined without requests. */
  readonly errorRate: number | undefined;
  readonly p95Ms: number | undefined;
}

/** One transition; never changed. */
export interface RolloutEvent {
  readonly id: number;
  readonly rollout: number;
  readonly at: Date;
  readonly kind: RolloutEventKind;
  readonly actor: string;
  /** In English. */
  readonly reason: string;
  /** The same for translation; undefined: from before there were codes. */
  readonly words: Reason | undefined;
  readonly details: unknown;
}

export type RolloutEventKind =
  | "started"
  | "step"
  | "effective"
  | "holding"
  | "trouble"
  | "paused"
  | "resumed"
  | "promoted"
  | "completed"
  | "reverting"
  | "reverted"
  | "aborted"
  | "superseded";

/** How far one rollout is. */
export interface RolloutStatus {
  readonly rollout: Rollout;
  readonly progress: RolloutProgress;
  /** A newer rollout took its place. */
  readonly superseded: boolean;
  /** Every node of the group, connected or not. */
  readonly nodes: readonly RolloutNode[];
  /** Of the nodes that should run the version now: those that are connected, and of these the effective (with a synthetic request: those that also answered it) and the refusing. */
  readonly connected: number;
  readonly effective: number;
  readonly refused: number;
  /**
   * `effective`: the version is the group's and seen on every connected node, of which there is at least one. `waiting`: on
   * its way, or in a canary's step.
   */
  readonly state:
    | "waiting"
    | "effective"
    | "refused"
    | "superseded"
    | "no_nodes"
    | "paused"
    | "reverting"
    | "reverted"
    | "aborted";
}

export interface RolloutNode {
  readonly id: string;
  /** Whether the rollout tells this node to run its version now. */
  readonly selected: boolean;
  readonly targetVersion: number | undefined;
  readonly effectiveVersion: number | undefined;
  /** Towards the version that it should run now. */
  readonly sync: SyncState;
  /** Of the present step; undefined: the rollout sends no synthetic request, or not to this node. */
  readonly probe: ProbeState | undefined;
  /** Each kind's state towards that version, in the order of RESOURCE_KINDS. */
  readonly kinds: readonly { readonly kind: ResourceKind; readonly state: SyncState }[];
  /** The kind that is behind, and the node's own words where it refused. */
  readonly behind: readonly {
    readonly kind: ResourceKind;
    readonly state: SyncState;
    readonly message?: string;
  }[];
}
