import type { Transaction } from "../access/executor.ts";
import type { Context, NodeState } from "../contract.ts";
import { type GroupRow, lockGroup } from "../group/lock-group.ts";
import { readNodes } from "../node/read-nodes.ts";
import type { ProbeState } from "../probe/probe-contract.ts";
import { readProbes } from "../probe/read-probes.ts";
import { nodeGroup } from "../schema/index.ts";
import { isSelected } from "./node-target.ts";
import { selectorsUpTo } from "./read-targets.ts";
import { isLastStep, readUnderWay, type UnderWay } from "./start-rollout.ts";

export interface Sight {
  readonly group: GroupRow;
  readonly underWay: UnderWay;
  /** The group's nodes. */
  readonly nodes: readonly NodeState[];
  /** Those of them that the rollout concerns now. */
  readonly chosen: readonly NodeState[];
  /** How the step's synthetic request fares, by node. */
  readonly probes: ReadonlyMap<string, ProbeState>;
}

/** The rollout that is under way in a group, with all that it is judged by. `locked`: nobody else moves it meanwhile. */
export async function lookAtRollout(
  tx: Transaction,
  context: Pick<Context, "now">,
  name: string,
  locked: boolean,
): Promise<Sight | undefined> {
  const group = locked ? await lockGroup(tx, name) : await readGroup(tx, name);
  const underWay = group && (await readUnderWay(tx, group));
  if (group === undefined || underWay === undefined) return undefined;
  const nodes = (await readNodes(tx, context.now)).filter((node) => node.group === name);
  const { rollout, state } = underWay;
  const probes = await readProbes(tx, rollout.strategy.probe, rollout.id, state.step);
  return { group, underWay, nodes, chosen: nodes.filter((node) => concerns(underWay, node)), probes };
}

async function readGroup(tx: Transaction, name: string): Promise<GroupRow | undefined> {
  return (await tx.select().from(nodeGroup)).find((row) => row.name === name);
}

function concerns(underWay: UnderWay, node: NodeState): boolean {
  const { rollout, state } = underWay;
  if (state.phase === "reverting" || isLastStep(underWay)) return true;
  const selectors = selectorsUpTo(rollout.strategy.steps, state.step);
  return isSelected({ selectors, cutoff: state.cutoff ?? undefined }, node);
}
