import { requireWithin } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { ConfigError, type Context, type ListedRollout, type RolloutPhase } from "../contract.ts";
import { type GroupRow, lockGroup, refuseFrozen } from "../group/lock-group.ts";
import { forgetProbes } from "../probe/advance-probes.ts";
import { toRollout } from "../version/read-live.ts";
import { beginRevert, enterStep } from "./apply-decision.ts";
import { readRollout, toProgress } from "./read-rollout.ts";
import { recordTransition, type Transition } from "./record-transition.ts";
import { saidOr } from "./rollout-reason.ts";
import { describeStep, isLastStep, type UnderWay } from "./start-rollout.ts";

export interface SteerInput {
  readonly rollout: number;
  /** Why, for the history. */
  readonly reason?: string | undefined;
}

/**
 * Steering by hand. Each needs config.publish for the rollout's group and answers how the rollout stands afterwards; `not_found`, `conflict` when it is in
 * no phase for that (the message says in which).
 */
export async function pauseRollout(context: Context, input: SteerInput): Promise<ListedRollout> {
  return await steer(context, input, "pause", ["running"], async () => {
    const reason = [saidOr(input.reason, "paused_by_hand")];
    return { kind: "paused", reason, state: { phase: "paused", since: context.now(), reason } };
  });
}

/** Its deadline and its wait begin anew. `frozen`. */
export async function resumeRollout(context: Context, input: SteerInput): Promise<ListedRollout> {
  return await steer(context, input, "resume", ["paused"], async (tx, { rollout, state }, group) => {
    refuseFrozen(group);
    await forgetProbes(tx, rollout.id, state.step);
    return {
      kind: "resumed",
      reason: [saidOr(input.reason, "resumed_by_hand")],
      state: { phase: "running", stage: "deploying", since: context.now(), reason: null },
    };
  });
}

export interface PromoteInput extends SteerInput {
  /** `all` nodes (the default), or the `next` step only. */
  readonly to?: "all" | "next" | undefined;
}

/** Goes on without waiting for what the step has still to show. `frozen`; `conflict` when all nodes have it already. */
export async function promoteRollout(context: Context, input: PromoteInput): Promise<ListedRollout> {
  return await steer(context, input, "promote", ["running", "paused"], async (tx, underWay, group) => {
    refuseFrozen(group);
    const { rollout, state } = underWay;
    if (isLastStep(underWay)) {
      const message = `rollout ${rollout.id} is at its last step: all nodes are told to run version ${rollout.version}`;
      throw new ConfigError("conflict", message, { by: undefined, at: undefined });
    }
    const step = input.to === "next" ? state.step + 1 : rollout.strategy.steps.length - 1;
    const reason = [saidOr(input.reason, "promoted_by_hand"), ...describeStep(rollout.strategy, step)];
    return await enterStep(tx, context, underWay, step, { kind: "promoted", reason });
  });
}

/** The nodes go back to what they had; it is `aborted` once that is seen. Also while the group is frozen. */
export async function abortRollout(context: Context, input: SteerInput): Promise<ListedRollout> {
  return await steer(context, input, "abort", ["running", "paused"], async (_tx, underWay) =>
    beginRevert(context, underWay, "aborted", [saidOr(input.reason, "aborted_by_hand")]),
  );
}

async function steer(
  context: Context,
  input: SteerInput,
  verb: string,
  phases: readonly RolloutPhase[],
  work: (tx: Transaction, underWay: UnderWay, group: GroupRow) => Promise<Transition>,
): Promise<ListedRollout> {
  const attempt = {
    permission: "config.publish",
    scope: "checked inside",
    action: `rollout.${verb}`,
    subject: `rollout/${input.rollout}`,
  } as const;
  return await change(context, attempt, async (tx) => {
    const group = await lockGroup(tx, (await readRollout(tx, input.rollout)).rollout.group);
    requireWithin(context, "config.publish", { group: group.name }, attempt);
    const underWay = await readRollout(tx, input.rollout);
    const { phase } = underWay.state;
    if (!phases.includes(phase)) {
      const message = `rollout ${input.rollout} is ${phase}: ${verb} is for one that is ${phases.join(" or ")}`;
      throw new ConfigError("conflict", message, { by: undefined, at: underWay.state.since.toISOString() });
    }
    await recordTransition(tx, context, underWay.rollout, await work(tx, underWay, group));
    const after = await readRollout(tx, input.rollout);
    return { ...toRollout(after.rollout), ...toProgress(after.state) };
  });
}
