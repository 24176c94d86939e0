import type { NodeState } from "../contract.ts";
import type { RolloutRow, StateRow } from "./record-transition.ts";
import type { RolloutComparison } from "./rollout-contract.ts";
import { describeStep } from "./start-rollout.ts";

/** What a rollout is judged by. */
export interface RolloutFacts {
  readonly now: Date;
  /** Of the group: nothing goes forward. */
  readonly frozen: boolean;
  /** The group's nodes that should run the rollout's version (or, reverting, the version of before), each with how far it is. */
  readonly nodes: readonly Pick<NodeState, "id" | "connected" | "since" | "sync" | "types">[];
  /** Of the new nodes with the old ones, as of now; undefined: not compared. */
  readonly comparison: RolloutComparison | undefined;
}

export type Decision =
  | { readonly to: "step"; readonly step: number; readonly reason: string }
  | {
      readonly to: "observing" | "holding" | "completed";
      readonly reason: string;
      readonly missing: readonly string[];
    }
  /** `onFailure` says what follows. */
  | { readonly to: "failed"; readonly reason: string }
  /** Not a failure, but nobody may go on by himself. */
  | { readonly to: "paused"; readonly reason: string }
  | { readonly to: "reverted"; readonly reason: string; readonly missing: readonly string[] };

/**
 * The next transition that is due, or none. Pure: the same facts give the same answer on every replica.
 *
 * A refusal or a worse comparison fails the step at any time. A step is `deploying` until every connected node of it is effective
 * (at least one), and the disconnected ones are back or their deadline has passed: they are then missing, never done. It is
 * `observing` for its wait, and goes on only while that holds. With `onFailure: keep` a failure is told once and changes nothing.
 */
export function decide(rollout: RolloutRow, state: StateRow, facts: RolloutFacts): Decision | undefined {
  const sum = summarize(rollout, state, facts);
  if (state.phase === "reverting") return decideReverting(rollout, state, facts, sum);
  if (state.phase !== "running") return undefined;
  const failure = findFailure(rollout, state, facts, sum);
  if (failure !== undefined && !isTold(rollout, state, failure))
    return { to: "failed", reason: failure.reason };
  if (!sum.isEffective) return undefined;
  switch (state.stage) {
    case "deploying":
      return { to: "observing", reason: effectiveWords(sum), missing: sum.missing };
    case "observing":
      return facts.now < endOf(state, rollout.strategy.stepWaitMs)
        ? undefined
        : decideObserved(rollout, state, facts, sum);
    case "holding":
      return undefined;
  }
}

interface Summary {
  readonly connected: readonly RolloutFacts["nodes"][number][];
  readonly behind: readonly RolloutFacts["nodes"][number][];
  /** Not connected, and past its deadline. */
  readonly missing: readonly string[];
  /** Not connected, but it may still come back in time. */
  readonly awaited: readonly string[];
  /** Seen on every connected node, of which there is at least one, and nobody is waited for. */
  readonly isEffective: boolean;
}

function summarize(rollout: RolloutRow, state: StateRow, { nodes, now }: RolloutFacts): Summary {
  const connected = nodes.filter((node) => node.connected);
  const behind = connected.filter(({ sync }) => sync !== "effective");
  const away = nodes.filter((node) => !node.connected);
  // Once missing in a step, it is not waited for again in it.
  const isAwaited = ({ id, since }: RolloutFacts["nodes"][number]) => {
    const latest = Math.max(since.getTime(), state.since.getTime());
    const isMissing = state.stage !== "deploying" && state.missing.includes(id);
    return !isMissing && now.getTime() < latest + rollout.strategy.effectiveWithinMs;
  };
  const awaited = away.filter(isAwaited).map(({ id }) => id);
  return {
    connected,
    behind,
    missing: away.filter((node) => !isAwaited(node)).map(({ id }) => id),
    awaited,
    isEffective: connected.length > 0 && behind.length === 0 && awaited.length === 0,
  };
}

interface Failure {
  readonly reason: string;
  readonly refused: boolean;
}

function findFailure(
  { strategy }: RolloutRow,
  state: StateRow,
  { comparison, now }: RolloutFacts,
  { behind, connected }: Summary,
): Failure | undefined {
  const refusing = behind.find(({ sync }) => sync === "refused");
  if (refusing !== undefined) {
    const type = refusing.types.find((candidate) => candidate.state === "refused");
    const words = type?.refusal?.message ?? "no reason given";
    return { reason: `${refusing.id} refused ${type?.kind ?? "it"}: ${words}`, refused: true };
  }
  const deploying = state.stage === "deploying";
  if (!deploying && comparison?.verdict === "worse") return { reason: comparison.reason, refused: false };
  const within = strategy.effectiveWithinMs;
  if (now < endOf(state, within + (deploying ? 0 : strategy.stepWaitMs))) return undefined;
  const how = deploying ? `not effective within ${within / 1000} s` : "no longer effective";
  if (connected.length === 0) {
    return { reason: `${how}: no node is connected (${describeStep(strategy, state.step)})`, refused: false };
  }
  return behind.length === 0 ? undefined : { reason: `${how}: ${behindWords(behind)}`, refused: false };
}

/** Only what is kept: otherwise a failure ends the phase. A refusal is told whenever it is another one. */
function isTold({ strategy }: RolloutRow, state: StateRow, { reason, refused }: Failure): boolean {
  if (strategy.onFailure !== "keep" || state.reason === null) return false;
  return !refused || state.reason === reason;
}

function decideObserved(
  rollout: RolloutRow,
  state: StateRow,
  { comparison, frozen }: RolloutFacts,
  sum: Summary,
): Decision | undefined {
  const { compare, promote, steps } = rollout.strategy;
  // What is on all nodes already only has to be told as done.
  if (state.step >= steps.length - 1) {
    return { to: "completed", reason: effectiveWords(sum), missing: sum.missing };
  }
  if (frozen) return undefined;
  const judged = comparison?.reason ?? "not compared";
  if (compare !== null && comparison?.verdict !== "fine" && compare.inconclusive === "pause") {
    return { to: "paused", reason: `nothing can be concluded: ${judged}` };
  }
  if (promote === "manual") {
    return { to: "holding", reason: `waits to be promoted; ${judged}`, missing: sum.missing };
  }
  const step = state.step + 1;
  return { to: "step", step, reason: `${describeStep(rollout.strategy, step)}; ${judged}` };
}

function decideReverting(
  rollout: RolloutRow,
  state: StateRow,
  facts: RolloutFacts,
  sum: Summary,
): Decision | undefined {
  const { connected, behind, missing, awaited } = sum;
  if (rollout.previous === null) {
    return { to: "reverted", reason: "told to run nothing, as before; nobody can see that", missing };
  }
  const to = `version ${rollout.previous}`;
  if (behind.length === 0 && awaited.length === 0) {
    const where = connected.length === 0 ? "no node is connected" : effectiveWords(sum);
    return { to: "reverted", reason: `back on ${to}: ${where}`, missing };
  }
  // It ends when it is seen, or when another rollout takes its place; until then it is told once how it is.
  const overdue = facts.now >= endOf(state, rollout.strategy.effectiveWithinMs);
  if (behind.length === 0 || !overdue || state.reason?.startsWith(UNSEEN)) return undefined;
  return { to: "failed", reason: `${UNSEEN} ${to}: ${behindWords(behind)}` };
}

const UNSEEN = "not seen back on";

function behindWords(behind: Summary["behind"]): string {
  const words = behind.slice(0, 5).map(({ id, sync }) => `${id} is ${sync}`);
  const more = behind.length > words.length ? `, and ${behind.length - words.length} more` : "";
  return `${words.join(", ")}${more}`;
}

function effectiveWords({ connected, missing }: Summary): string {
  const on = connected.length === 1 ? "effective on 1 node" : `effective on ${connected.length} nodes`;
  if (missing.length === 0) return on;
  const names = missing.length > 5 ? `${missing.slice(0, 5).join(", ")}, …` : missing.join(", ");
  return `${on}; not connected: ${names}`;
}

function endOf(state: StateRow, ms: number): Date {
  return new Date(state.since.getTime() + ms);
}
