import type { Transaction } from "../access/executor.ts";
import type { Context } from "../contract.ts";
import type { Decision } from "./decide.ts";
import { recordTransition, type Transition } from "./record-transition.ts";
import type { RolloutComparison } from "./rollout-contract.ts";
import type { Reason } from "./rollout-reason.ts";
import { cutoffOfStep, type UnderWay } from "./start-rollout.ts";

/** Writes a decision down, under the group's lock. */
export async function applyDecision(
  tx: Transaction,
  context: Context,
  underWay: UnderWay,
  decision: Decision,
  comparison: RolloutComparison | undefined,
): Promise<void> {
  const { rollout } = underWay;
  const transition =
    decision.to === "step"
      ? await enterStep(tx, context, underWay, decision.step, { kind: "step", reason: decision.reason })
      : transitionOf(context, underWay, decision);
  if (comparison === undefined) return await recordTransition(tx, context, rollout, transition);
  // The new step is not judged by what was measured in the one before.
  const state = { comparison, ...transition.state };
  await recordTransition(tx, context, rollout, {
    ...transition,
    state,
    details: { ...transition.details, comparison },
  });
}

/** Also by hand: `kind` says how. The last step makes the version the group's own. */
export async function enterStep(
  tx: Transaction,
  context: Context,
  { rollout, state }: UnderWay,
  step: number,
  { kind, reason }: Pick<Transition, "kind" | "reason">,
): Promise<Transition> {
  const { steps } = rollout.strategy;
  const cutoff = await cutoffOfStep(tx, context, rollout.group, steps[step], state.cutoff);
  return {
    kind,
    reason,
    details: { step },
    state: {
      phase: "running",
      step,
      stage: "deploying",
      since: context.now(),
      cutoff,
      reason: null,
      missing: [],
      comparison: null,
    },
    ...(step === steps.length - 1 ? { group: { version: rollout.version } } : {}),
  };
}

/** Back to what the group had; `endsAs` once that is seen. */
export function beginRevert(
  context: Context,
  { rollout }: UnderWay,
  endsAs: "reverted" | "aborted",
  reason: Reason,
): Transition {
  return {
    kind: "reverting",
    reason,
    details: { version: rollout.previous, endsAs },
    state: { phase: "reverting", endsAs, stage: "deploying", since: context.now(), reason, missing: [] },
    group: { version: rollout.previous },
  };
}

function transitionOf(
  context: Context,
  underWay: UnderWay,
  decision: Exclude<Decision, { readonly to: "step" }>,
): Transition {
  const since = context.now();
  const { reason } = decision;
  switch (decision.to) {
    case "observing":
    case "holding":
      return {
        kind: decision.to === "observing" ? "effective" : "holding",
        reason,
        state: { stage: decision.to, since, reason: null, missing: decision.missing },
      };
    case "completed":
      return {
        kind: "completed",
        reason,
        state: { phase: "completed", since, reason: null, missing: decision.missing },
        group: { rollout: null },
      };
    case "paused":
      return { kind: "paused", reason, state: { phase: "paused", since, reason } };
    case "reverted":
      return {
        kind: underWay.state.endsAs ?? "reverted",
        reason,
        state: { phase: underWay.state.endsAs ?? "reverted", since, missing: decision.missing },
        group: { rollout: null },
      };
    case "failed":
      return failed(context, underWay, reason);
  }
}

function failed(context: Context, underWay: UnderWay, reason: Reason): Transition {
  const { rollout, state } = underWay;
  if (state.phase === "reverting" || rollout.strategy.onFailure === "keep") {
    return { kind: "trouble", reason, state: { reason } };
  }
  if (rollout.strategy.onFailure === "pause") {
    return { kind: "paused", reason, state: { phase: "paused", since: context.now(), reason } };
  }
  return beginRevert(context, underWay, "reverted", reason);
}
