import { ConfigError } from "../contract.ts";
import { requireSelector } from "../group/require-selector.ts";
import { completeProbe, type ProbeInput } from "../probe/complete-probe.ts";
import type { ComparisonRule, RolloutStep, RolloutStrategy } from "./rollout-contract.ts";

type ComparisonInput = { readonly [K in keyof ComparisonRule]?: ComparisonRule[K] | undefined };

/** What a publisher chooses; the rest is as `RolloutStrategy` says. */
export interface StrategyInput {
  /** The last step, 100 percent, may be left out. None: all nodes at once. */
  readonly steps?: readonly RolloutStep[] | undefined;
  readonly stepWaitMs?: number | undefined;
  readonly effectiveWithinMs?: number | undefined;
  readonly promote?: RolloutStrategy["promote"] | undefined;
  readonly onFailure?: RolloutStrategy["onFailure"] | undefined;
  /** Null: do not compare. */
  readonly compare?: ComparisonInput | null | undefined;
  /** Null: no synthetic request. Default: the group's, if it has one. */
  readonly probe?: ProbeInput | null | undefined;
}

const STEPS_MAX = 20;
const DAY_MS = 86_400_000;
const RULE: ComparisonRule = {
  requestsMin: 100,
  errorRateRise: 0.01,
  latencyFactor: 1.5,
  inconclusive: "advance",
};

/** Checks and completes; `bad_input`. */
export function completeStrategy(input: StrategyInput = {}): RolloutStrategy {
  const steps = completeSteps(input.steps ?? []);
  const gradual = steps.length > 1;
  const compare = input.compare === undefined && gradual ? {} : (input.compare ?? null);
  return {
    steps,
    stepWaitMs: between("the wait of a step", input.stepWaitMs ?? (gradual ? 60_000 : 0), 0, 7 * DAY_MS),
    effectiveWithinMs: between(
      "the deadline of a step",
      input.effectiveWithinMs ?? 60_000,
      1_000,
      7 * DAY_MS,
    ),
    promote: input.promote ?? "automatic",
    onFailure: input.onFailure ?? (gradual ? "revert" : "keep"),
    compare: compare === null ? null : completeRule(compare),
    ...(input.probe === undefined ? {} : { probe: input.probe === null ? null : completeProbe(input.probe) }),
  };
}

function completeSteps(steps: readonly RolloutStep[]): readonly RolloutStep[] {
  if (steps.length > STEPS_MAX)
    throw new ConfigError("bad_input", `a rollout has at most ${STEPS_MAX} steps`);
  let reached = 0;
  const complete = steps.map((step): RolloutStep => {
    if ("selector" in step) {
      if (reached > 0) throw new ConfigError("bad_input", "steps by selector come before those in percent");
      return { selector: requireSelector(step.selector).text };
    }
    if (!(step.percent > reached && step.percent <= 100)) {
      const message = `step ${step.percent}%: each step is greater than the one before, and at most 100%`;
      throw new ConfigError("bad_input", message);
    }
    reached = step.percent;
    return step;
  });
  return reached === 100 ? complete : [...complete, { percent: 100 }];
}

function completeRule(rule: ComparisonInput): ComparisonRule {
  const of = {
    requestsMin: rule.requestsMin ?? RULE.requestsMin,
    errorRateRise: rule.errorRateRise ?? RULE.errorRateRise,
    latencyFactor: rule.latencyFactor ?? RULE.latencyFactor,
    inconclusive: rule.inconclusive ?? RULE.inconclusive,
  };
  between("the least number of requests", of.requestsMin, 1, 1e9);
  between("the rise of the error rate", of.errorRateRise, 0, 1);
  between("the latency factor", of.latencyFactor, 1, 1_000);
  return of;
}

function between(what: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new ConfigError("bad_input", `${what} is ${value}: it must be from ${min} to ${max}`);
}
