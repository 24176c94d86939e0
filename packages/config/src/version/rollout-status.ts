import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import {
  ConfigError,
  type Context,
  type NodeState,
  type ProbeState,
  type RolloutNode,
  type RolloutStatus,
} from "../contract.ts";
import { readNodes } from "../node/read-nodes.ts";
import { readProbes, UNPROBED } from "../probe/read-probes.ts";
import { isSelected } from "../rollout/node-target.ts";
import { type KnownRollout, readRollout, toProgress } from "../rollout/read-rollout.ts";
import { selectorsUpTo } from "../rollout/read-targets.ts";
import { newestRollout, toRollout } from "./read-live.ts";

/** How far a rollout is, node by node; default: the newest. `not_found`. */
export async function rolloutStatus(context: Context, rolloutId?: number): Promise<RolloutStatus> {
  await authorizeRead(context, "rollout.status");
  const { db } = context;
  const id = rolloutId ?? (await newestRollout(db))?.id;
  if (id === undefined) throw new ConfigError("not_found", "there is no rollout yet");
  const found = await readRollout(db, id);
  const nodes = (await readNodes(db, context.now)).filter(({ group }) => group === found.rollout.group);
  const selected = selectedBy(found);
  const chosen = nodes.filter((node) => node.connected && selected(node));
  const probes = await probesOf(db, found);
  const effective = chosen.filter(
    ({ id, sync }) => sync === "effective" && (!probes.awaited || probes.states.get(id)?.state === "passed"),
  ).length;
  const refused = chosen.filter(({ sync }) => sync === "refused").length;
  return {
    rollout: toRollout(found.rollout),
    progress: toProgress(found.state),
    superseded: found.newer || found.state.phase === "superseded",
    nodes: nodes.map((node) => toRolloutNode(node, selected(node), probes)),
    connected: chosen.length,
    effective,
    refused,
    state: stateOf(found, chosen.length, effective, refused),
  };
}

/** Whom it tells to run its version: nobody any more, once it is over. */
function selectedBy({ rollout, state, newer }: KnownRollout): (node: NodeState) => boolean {
  if (newer || !["running", "paused", "completed"].includes(state.phase)) return () => false;
  if (state.step >= rollout.strategy.steps.length - 1) return () => true;
  const selectors = selectorsUpTo(rollout.strategy.steps, state.step);
  return (node) => isSelected({ selectors, cutoff: state.cutoff ?? undefined }, node);
}

/** What was seen of the last step's synthetic request, and whether nodes must still answer it. */
interface Probes {
  readonly states: ReadonlyMap<string, ProbeState>;
  readonly awaited: boolean;
}

async function probesOf(executor: Executor, { rollout, state }: KnownRollout): Promise<Probes> {
  const { probe } = rollout.strategy;
  const awaited = Boolean(probe) && ["running", "paused"].includes(state.phase);
  return { states: await readProbes(executor, probe, rollout.id, state.step), awaited };
}

function stateOf(
  { rollout, state, newer }: KnownRollout,
  connected: number,
  effective: number,
  refused: number,
): RolloutStatus["state"] {
  if (state.phase === "reverted" || state.phase === "aborted" || state.phase === "reverting")
    return state.phase;
  if (newer || state.phase === "superseded") return "superseded";
  if (state.phase === "paused") return "paused";
  if (connected === 0) return "no_nodes";
  if (refused > 0) return "refused";
  const isLast = state.step >= rollout.strategy.steps.length - 1;
  const watched = state.phase === "running" && rollout.strategy.stepWaitMs > 0;
  return isLast && !watched && effective === connected ? "effective" : "waiting";
}

function toRolloutNode(node: NodeState, selected: boolean, { states, awaited }: Probes): RolloutNode {
  const behind = node.connected ? node.types.filter(({ state }) => state !== "effective") : [];
  return {
    id: node.id,
    selected,
    targetVersion: node.targetVersion,
    effectiveVersion: node.effectiveVersion,
    sync: node.sync,
    probe: states.get(node.id) ?? (selected && awaited ? UNPROBED : undefined),
    kinds: node.types.map(({ kind, state }) => ({ kind, state })),
    behind: behind.map(({ kind, state, refusal }) =>
      state === "refused" && refusal !== undefined
        ? { kind, state, message: refusal.message }
        : { kind, state },
    ),
  };
}
