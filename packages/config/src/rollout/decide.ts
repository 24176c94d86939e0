import type { NodeState } from "../contract.ts";
import type { ProbeState } from "../probe/probe-contract.ts";
import { UNPROBED } from "../probe/read-probes.ts";
import type { RolloutRow, StateRow } from "./record-transition.ts";
import type { RolloutComparison } from "./rollout-contract.ts";
import { because, type Reason, reasonText } from "./rollout-reason.ts";
import { describeStep } from "./start-rollout.ts";

/** What a rollout is judged by. */
export interface RolloutFacts {
  readonly now: Date;
  /** Of the group: nothing goes forward. */
  readonly frozen: boolean;
  /** The group's nodes that should run the rollout's version (or, reverting, the version of before), each with how far it is. */
  readonly nodes: readonly Pick<NodeState, "id" | "connected" | "since" | "sync" | "types">[];
  /** How the synthetic request fares, by node; those that are not in it wait. Not asked where the rollout has no probe. */
  readonly probes?: ReadonlyMap<string, ProbeState>;
  /** Of the new nodes with the old ones, as of now; undefined: not compared. */
  readonly comparison: RolloutComparison | undefined;
}

export type Decision =
  | { readonly to: "step"; readonly step: number; readonly reason: Reason }
  | {
      readonly to: "observing" | "holding" | "completed";
      readonly reason: Reason;
      readonly missing: readonly string[];
    }
  /** `onFailure` says what follows. */
  | { readonly to: "failed"; readonly reason: Reason }
  /** Not a failure, but nobody may go on by himself. */
  | { readonly to: "paused"; readonly reason: Reason }
  | { readonly to: "reverted"; readonly reason: Reason; readonly missing: readonly string[] };

/**
 * The next transition that is due, or none. Pure: the same facts give the same answer on every replica.
 *
 * A refusal, a synthetic request that failed or a worse comparison fails the step at any time. A step is `deploying` until every
 * connected node of it is effective (at least one) and has answered the synthetic request, if there is one, and the disconnected ones are back or their deadline has passed: they are then missing, never done. It is
 * `observing` for its wait, and goes on only while that holds; a node that is lost meanwhile, or comes back, has the deadline to be
 * effective again. With `onFailure: keep` a failure is told once and changes nothing.
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
  /** Not effective, or (`probe`) not seen to answer the synthetic request. */
  readonly behind: readonly (RolloutFacts["nodes"][number] & { readonly probe: ProbeState | undefined })[];
  /** Not connected, and past its deadline. */
  readonly missing: readonly string[];
  /** Not connected, but it may still come back in time. */
  readonly awaited: readonly string[];
  /** Seen on every connected node, of which there is at least one, and nobody is waited for. */
  readonly isEffective: boolean;
}

function summarize(rollout: RolloutRow, state: StateRow, { nodes, now, probes }: RolloutFacts): Summary {
  const connected = nodes.filter((node) => node.connected);
  const isProbed = Boolean(rollout.strategy.probe) && state.phase === "running";
  const behind = connected.flatMap((node) => {
    const probe = isProbed ? (probes?.get(node.id) ?? UNPROBED) : undefined;
    return node.sync === "effective" && (probe === undefined || probe.state === "passed")
      ? []
      : [{ ...node, probe }];
  });
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
  readonly reason: Reason;
  readonly refused: boolean;
}

function findFailure(
  { strategy }: RolloutRow,
  state: StateRow,
  { comparison, now }: RolloutFacts,
  { behind, connected, awaited }: Summary,
): Failure | undefined {
  const refusing = behind.find(({ sync }) => sync === "refused");
  if (refusing !== undefined) {
    const type = refusing.types.find((candidate) => candidate.state === "refused");
    const refused = { node: refusing.id, kind: type?.kind ?? "it" };
    const message = type?.refusal?.message;
    const words =
      message === undefined
        ? because("refused_silently", refused)
        : because("refused", { ...refused, message });
    return { reason: [words], refused: true };
  }
  const unanswered = behind.find(({ sync, probe }) => sync === "effective" && probe?.state === "failed");
  if (unanswered !== undefined)
    return { reason: probeWords(unanswered.id, unanswered.probe), refused: false };
  const deploying = state.stage === "deploying";
  if (!deploying && comparison?.verdict === "worse")
    return { reason: judgedWords(comparison), refused: false };
  const within = strategy.effectiveWithinMs;
  if (now < endOf(state, within + (deploying ? 0 : strategy.stepWaitMs))) return undefined;
  const how = deploying
    ? because("not_effective_within", { seconds: within / 1000 })
    : because("no_longer_effective");
  // A node that was lost, or has just come back, has its deadline again: the control plane itself may have been away.
  if (!deploying && connected.length === 0 && awaited.length > 0) return undefined;
  if (connected.length === 0) {
    const reason = [how, because("no_node_connected"), ...describeStep(strategy, state.step)];
    return { reason, refused: false };
  }
  const late = behind.filter(({ since }) => deploying || now.getTime() >= since.getTime() + within);
  return late.length === 0 ? undefined : { reason: [how, ...behindWords(late)], refused: false };
}

/** Only what is kept: otherwise a failure ends the phase. A refusal is told whenever it is another one. */
function isTold({ strategy }: RolloutRow, state: StateRow, { reason, refused }: Failure): boolean {
  if (strategy.onFailure !== "keep" || state.reason === null) return false;
  return !refused || state.reason === reasonText(reason);
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
  const judged = judgedWords(comparison);
  if (compare !== null && comparison?.verdict !== "fine" && compare.inconclusive === "pause") {
    return { to: "paused", reason: [because("nothing_concluded"), ...judged] };
  }
  if (promote === "manual") {
    return { to: "holding", reason: [because("waits_for_promote"), ...judged], missing: sum.missing };
  }
  const step = state.step + 1;
  return { to: "step", step, reason: [...describeStep(rollout.strategy, step), ...judged] };
}

function decideReverting(
  rollout: RolloutRow,
  state: StateRow,
  facts: RolloutFacts,
  sum: Summary,
): Decision | undefined {
  const { connected, behind, missing, awaited } = sum;
  if (rollout.previous === null) {
    return { to: "reverted", reason: [because("back_to_nothing")], missing };
  }
  const version = rollout.previous;
  if (behind.length === 0 && awaited.length === 0) {
    const where = connected.length === 0 ? [because("no_node_connected")] : effectiveWords(sum);
    return { to: "reverted", reason: [because("back_on", { version }), ...where], missing };
  }
  // It ends when it is seen, or when another rollout takes its place; until then it is told once how it is.
  const overdue = facts.now >= endOf(state, rollout.strategy.effectiveWithinMs);
  if (behind.length === 0 || !overdue || state.reason?.startsWith(UNSEEN)) return undefined;
  return { to: "failed", reason: [because("not_seen_back_on", { version }), ...behindWords(behind)] };
}

/** How `not_seen_back_on` begins. */
const UNSEEN = "not seen back on";

function judgedWords(comparison: RolloutComparison | undefined): Reason {
  if (comparison === undefined) return [because("not_compared")];
  return comparison.words ?? [because("said", { text: comparison.reason })];
}

function behindWords(behind: Summary["behind"]): Reason {
  const words = behind
    .slice(0, 5)
    .flatMap(({ id, sync, probe }) =>
      sync === "effective" ? probeWords(id, probe) : [because("node_is", { node: id, sync })],
    );
  const more = behind.length - 5;
  return more > 0 ? [...words, because("and_more", { count: more })] : words;
}

function probeWords(node: string, probe: ProbeState | undefined): Reason {
  const code = probe?.state === "failed" ? "probe_failed" : "probe_awaited";
  return [because(code, { node }), ...(probe?.words ?? [])];
}

function effectiveWords({ connected, missing }: Summary): Reason {
  const on = because("effective_on", { count: connected.length });
  if (missing.length === 0) return [on];
  const names = missing.length > 5 ? `${missing.slice(0, 5).join(", ")}, …` : missing.join(", ");
  return [on, because("not_connected", { names })];
}

function endOf(state: StateRow, ms: number): Date {
  return new Date(state.since.getTime() + ms);
}
