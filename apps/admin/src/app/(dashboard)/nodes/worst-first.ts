import type { NodeState, SyncState } from "@sluice/config";

const RANKS: Readonly<Record<SyncState, number>> = {
  refused: 0,
  disconnected: 1,
  pending: 2,
  sent: 2,
  acknowledged: 2,
  effective: 3,
};

/** Nodes that do not run what they should come first; else in the order that they have. */
export function worstFirst(nodes: readonly NodeState[]): readonly NodeState[] {
  return nodes.toSorted((left, right) => RANKS[left.sync] - RANKS[right.sync]);
}
