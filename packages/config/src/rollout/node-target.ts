import { type LabelSelector, type Labels, selectorMatches } from "../group/label-selector.ts";
import { nodeHash } from "./node-hash.ts";

/** What the nodes are told to run, all of it: small, and read at each change. */
export interface Targets {
  /** In order; the last one, the default group, takes every node. */
  readonly groups: readonly TargetGroup[];
  /** By node id. */
  readonly operatorLabels: ReadonlyMap<string, Labels>;
}

export interface TargetGroup {
  readonly name: string;
  readonly selector: LabelSelector;
  /** Undefined: nothing. */
  readonly version: number | undefined;
  readonly canary: Canary | undefined;
}

/** The nodes of a group that have another version, for now. */
export interface Canary {
  readonly rollout: number;
  readonly version: number;
  readonly selectors: readonly LabelSelector[];
  /** See `cutoffFor`; undefined: no percentage. */
  readonly cutoff: number | undefined;
}

export interface LabelledNode {
  readonly id: string;
  readonly labels: Labels;
}

export interface NodeTarget {
  readonly group: string;
  readonly version: number | undefined;
  /** The rollout that gives it a version of its own. */
  readonly canary: number | undefined;
}

/** An operator's labels win over those that the node tells of itself. */
export function effectiveLabels(own: Labels, operator: Labels | undefined): Labels {
  return operator === undefined ? own : { ...own, ...operator };
}

function groupOf<Group extends { readonly selector: LabelSelector }>(
  groups: readonly Group[],
  labels: Labels,
): Group | undefined {
  return groups.find(({ selector }) => selectorMatches(selector, labels));
}

/** `node.labels`: as `effectiveLabels` gives them. */
export function targetOf(targets: Targets, node: LabelledNode): NodeTarget {
  const group = groupOf(targets.groups, node.labels);
  if (group === undefined) throw new Error("the default group takes every node, and is not there");
  const { canary, name, version } = group;
  if (canary === undefined || !isSelected(canary, node)) return { group: name, version, canary: undefined };
  return { group: name, version: canary.version, canary: canary.rollout };
}

export function isSelected(canary: Pick<Canary, "selectors" | "cutoff">, node: LabelledNode): boolean {
  if (canary.cutoff !== undefined && nodeHash(node.id) <= canary.cutoff) return true;
  return canary.selectors.some((selector) => selectorMatches(selector, node.labels));
}
